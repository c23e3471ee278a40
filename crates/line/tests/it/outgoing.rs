//! Everything this crate sends, as it arrives at LINE.

use crate::line_server::{Answer, LineServer};
use line::RetryKey;
use line::message::Message;
use serde_json::Value;

/// A request with the name LINE's `OpenAPI` description and its SDKs have for its body.
pub(crate) struct Sent {
    pub(crate) schema: &'static str,
    pub(crate) body: Value,
}

pub(crate) fn messages() -> [Message<'static>; 2] {
    [
        Message::text("milk"),
        Message::text("牛乳 🍎 \u{202e}\"\\\n\u{1}"),
    ]
}

/// Makes every call that has a JSON body and takes down what arrived.
pub(crate) async fn everything() -> Vec<Sent> {
    let line = LineServer::start(|request, _| match request.path.as_str() {
        "/v2/bot/channel/webhook/test" => Answer::json(
            200,
            r#"{"success":true,"timestamp":"2020-09-30T05:38:20.031Z","statusCode":200,"reason":"OK","detail":"200"}"#,
        ),
        _ => Answer::sent(),
    })
    .await;
    let client = line.client();
    let user = "U4af4980629e14a2bb39c2a2d3d5b1e62";
    let url = "https://example.com/callback";
    client
        .reply("nHuyWiB7yP5Zw52FIkcQobQuGDXCTA", &messages())
        .await
        .unwrap();
    client
        .push(user, &messages(), RetryKey::random())
        .await
        .unwrap();
    client.validate_reply(&messages()).await.unwrap();
    client.validate_push(&messages()).await.unwrap();
    client.show_loading_indicator(user, Some(20)).await.unwrap();
    client.show_loading_indicator(user, None).await.unwrap();
    client.set_webhook_endpoint(url).await.unwrap();
    client.test_webhook_endpoint(Some(url)).await.unwrap();
    client.test_webhook_endpoint(None).await.unwrap();
    let schema = |path: &str| match path {
        "/v2/bot/message/reply" => "ReplyMessageRequest",
        "/v2/bot/message/push" => "PushMessageRequest",
        "/v2/bot/message/validate/reply" | "/v2/bot/message/validate/push" => {
            "ValidateMessageRequest"
        }
        "/v2/bot/chat/loading/start" => "ShowLoadingAnimationRequest",
        "/v2/bot/channel/webhook/endpoint" => "SetWebhookEndpointRequest",
        "/v2/bot/channel/webhook/test" => "TestWebhookEndpointRequest",
        other => panic!("{other}"),
    };
    line.received()
        .iter()
        .map(|request| Sent {
            schema: schema(&request.path),
            body: request.json(),
        })
        .collect()
}
