use axum::http::header;
use axum::response::{IntoResponse, Response};

/// A file of the page, compiled in.
pub(super) struct Asset {
    pub(super) path: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) static ASSETS: [Asset; 7] = [
    Asset {
        path: "/",
        content_type: "text/html; charset=utf-8",
        content: include_str!("../../web/index.html"),
    },
    Asset {
        path: "/simulator/web/style.css",
        content_type: "text/css; charset=utf-8",
        content: include_str!("../../web/style.css"),
    },
    Asset {
        path: "/simulator/web/chat.js",
        content_type: SCRIPT,
        content: include_str!("../../web/chat.js"),
    },
    Asset {
        path: "/simulator/web/lines.js",
        content_type: SCRIPT,
        content: include_str!("../../web/lines.js"),
    },
    Asset {
        path: "/simulator/web/texts.js",
        content_type: SCRIPT,
        content: include_str!("../../web/texts.js"),
    },
    Asset {
        path: "/simulator/web/dom.js",
        content_type: SCRIPT,
        content: include_str!("../../web/dom.js"),
    },
    Asset {
        path: "/simulator/web/icon.svg",
        content_type: "image/svg+xml",
        content: include_str!("../../web/icon.svg"),
    },
];

impl IntoResponse for &'static Asset {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.content_type)], self.content).into_response()
    }
}
