use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file of the page, compiled in.
pub(super) struct Asset {
    pub(super) path: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the folder `web`, under its name.
macro_rules! web {
    ($name:literal, $content_type:expr) => {
        Asset {
            path: concat!("/simulator/web/", $name),
            content_type: $content_type,
            content: include_str!(concat!("../../web/", $name)),
        }
    };
}

pub(super) static ASSETS: [Asset; 14] = [
    Asset {
        path: "/",
        content_type: "text/html; charset=utf-8",
        content: include_str!("../../web/index.html"),
    },
    web!("icon.svg", "image/svg+xml"),
    web!("style.css", STYLE),
    web!("people.css", STYLE),
    web!("chat.css", STYLE),
    web!("lines.css", STYLE),
    web!("composer.css", STYLE),
    web!("phone.css", STYLE),
    web!("chat.js", SCRIPT),
    web!("composer.js", SCRIPT),
    web!("dom.js", SCRIPT),
    web!("lines.js", SCRIPT),
    web!("state.js", SCRIPT),
    web!("texts.js", SCRIPT),
];

impl IntoResponse for &'static Asset {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.content_type)], self.content).into_response()
    }
}
