//! The calls, one method for each endpoint.

use super::answer::{Answer, Response, SentMessages};
use super::error::{ClientError, ErrorKind};
use super::issuer::StatelessToken;
use super::types::{BotInfo, Profile, Quota, QuotaConsumption, WebhookEndpoint, WebhookTest};
use super::{Call, Endpoint, LineClient, escaped};
use crate::message::Messages;
use crate::retry_key::RetryKey;
use bytes::Bytes;
use http::{HeaderValue, Uri};
use secrecy::SecretString;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

impl LineClient {
    /// Answers an event: one attempt, and none is repeated but with a new token after a 401.
    ///
    /// When the outcome is unclear ([`ClientError::may_have_been_accepted`]) the same reply may be
    /// sent again: the token works once. See [`crate::retry`] for what an answer then means.
    pub async fn reply(
        &self,
        reply_token: &str,
        messages: impl Into<Messages<'_>>,
    ) -> Result<Response<SentMessages>, ClientError> {
        let endpoint = Endpoint::Reply;
        let address = Some(("replyToken", reply_token));
        let call = Call {
            endpoint,
            uri: self.0.reply_uri.clone(),
            retry_key: None,
            body: with_messages(endpoint, address, messages.into())?,
        };
        Ok(self.execute(call).await?.with(SentMessages::new))
    }

    /// Sends to a user, group or room without having been asked. Counts against the quota.
    ///
    /// Repeated where the retry key makes it safe; status 409 in the answer says that an earlier
    /// attempt had arrived. Success does not mean that somebody got it: LINE says the same of
    /// people who blocked the bot.
    pub async fn push(
        &self,
        to: &str,
        messages: impl Into<Messages<'_>>,
        retry_key: RetryKey,
    ) -> Result<Response<SentMessages>, ClientError> {
        let endpoint = Endpoint::Push;
        let retry_key = HeaderValue::try_from(retry_key.to_string())
            .map_err(|error| invalid(endpoint, error))?;
        let call = Call {
            endpoint,
            uri: self.uri(endpoint, &[])?,
            retry_key: Some(retry_key),
            body: with_messages(endpoint, Some(("to", to)), messages.into())?,
        };
        Ok(self.execute(call).await?.with(SentMessages::new))
    }

    /// A person's profile. 404 when they blocked the bot, are no friend or did not agree.
    pub async fn profile(&self, user_id: &str) -> Result<Response<Profile>, ClientError> {
        self.read(Endpoint::Profile, &[user_id]).await
    }

    /// The profile of a member of a group, friend or not.
    pub async fn group_member_profile(
        &self,
        group_id: &str,
        user_id: &str,
    ) -> Result<Response<Profile>, ClientError> {
        self.read(Endpoint::GroupMemberProfile, &[group_id, user_id])
            .await
    }

    /// The bot itself: also the plainest way to see whether the token is good.
    pub async fn bot_info(&self) -> Result<Response<BotInfo>, ClientError> {
        self.read(Endpoint::BotInfo, &[]).await
    }

    /// Shows in a one-on-one chat that the bot is at work, until a message arrives or the time is
    /// over: 5 to 60 seconds in steps of 5, 20 unless said otherwise.
    pub async fn show_loading_indicator(
        &self,
        user_id: &str,
        seconds: Option<u8>,
    ) -> Result<Response<()>, ClientError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            chat_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            loading_seconds: Option<u8>,
        }
        let body = Body {
            chat_id: user_id,
            loading_seconds: seconds,
        };
        self.tell(Endpoint::LoadingIndicator, &body).await
    }

    /// How many messages may be sent this month.
    pub async fn quota(&self) -> Result<Response<Quota>, ClientError> {
        self.read(Endpoint::Quota, &[]).await
    }

    /// How many messages were sent this month.
    pub async fn quota_consumption(&self) -> Result<Response<QuotaConsumption>, ClientError> {
        self.read(Endpoint::QuotaConsumption, &[]).await
    }

    /// Where LINE sends webhooks. 404 when nothing is set.
    pub async fn webhook_endpoint(&self) -> Result<Response<WebhookEndpoint>, ClientError> {
        self.read(Endpoint::GetWebhookEndpoint, &[]).await
    }

    /// Says where LINE shall send webhooks: `https`, at most 500 characters. Takes up to a minute
    /// to work.
    pub async fn set_webhook_endpoint(&self, url: &str) -> Result<Response<()>, ClientError> {
        self.tell(
            Endpoint::SetWebhookEndpoint,
            &WebhookUrl {
                endpoint: Some(url),
            },
        )
        .await
    }

    /// Has LINE send an empty webhook to `url`, or to the URL that is set. At most 60 an hour.
    pub async fn test_webhook_endpoint(
        &self,
        url: Option<&str>,
    ) -> Result<Response<WebhookTest>, ClientError> {
        let endpoint = Endpoint::TestWebhookEndpoint;
        let answer = self.send(endpoint, &WebhookUrl { endpoint: url }).await?;
        parse(endpoint, answer)
    }

    /// Asks LINE whether it would take these messages as a reply; the faults are in
    /// [`ClientError::details`].
    pub async fn validate_reply(
        &self,
        messages: impl Into<Messages<'_>>,
    ) -> Result<Response<()>, ClientError> {
        self.validate(Endpoint::ValidateReply, messages.into())
            .await
    }

    /// Asks LINE whether it would take these messages as a push; the faults are in
    /// [`ClientError::details`].
    pub async fn validate_push(
        &self,
        messages: impl Into<Messages<'_>>,
    ) -> Result<Response<()>, ClientError> {
        self.validate(Endpoint::ValidatePush, messages.into()).await
    }

    /// Asks for a token as [`TokenProvider::stateless`](crate::TokenProvider::stateless) does:
    /// shows whether a channel's id and secret belong together.
    pub async fn issue_stateless_token(
        &self,
        channel_id: &str,
        channel_secret: &SecretString,
    ) -> Result<Response<StatelessToken>, ClientError> {
        let deadline = Instant::now() + self.0.time_limit;
        self.0
            .issuer
            .issue(channel_id, channel_secret, deadline)
            .await
    }

    /// A call that reads.
    async fn read<T: DeserializeOwned>(
        &self,
        endpoint: Endpoint,
        parameters: &[&str],
    ) -> Result<Response<T>, ClientError> {
        let answer = self.call(endpoint, parameters, Bytes::new()).await?;
        parse(endpoint, answer)
    }

    /// A call whose answer says nothing more.
    async fn tell(
        &self,
        endpoint: Endpoint,
        body: &impl Serialize,
    ) -> Result<Response<()>, ClientError> {
        Ok(self.send(endpoint, body).await?.with(drop))
    }

    async fn send(&self, endpoint: Endpoint, body: &impl Serialize) -> Result<Answer, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| invalid(endpoint, error))?;
        self.call(endpoint, &[], body.into()).await
    }

    async fn validate(
        &self,
        endpoint: Endpoint,
        messages: Messages<'_>,
    ) -> Result<Response<()>, ClientError> {
        let body = with_messages(endpoint, None, messages)?;
        Ok(self.call(endpoint, &[], body).await?.with(drop))
    }

    async fn call(
        &self,
        endpoint: Endpoint,
        parameters: &[&str],
        body: Bytes,
    ) -> Result<Answer, ClientError> {
        let call = Call {
            endpoint,
            uri: self.uri(endpoint, parameters)?,
            retry_key: None,
            body,
        };
        self.execute(call).await
    }

    /// The address of an endpoint with its `{parameters}` filled in, in order.
    fn uri(&self, endpoint: Endpoint, parameters: &[&str]) -> Result<Uri, ClientError> {
        let mut parameters = parameters.iter();
        let mut uri = self.0.api_base.clone();
        for segment in endpoint.template().split('/').skip(1) {
            uri.push('/');
            if !segment.starts_with('{') {
                uri.push_str(segment);
            } else if let Some(parameter) = parameters.next() {
                uri.extend(escaped(parameter));
            }
        }
        uri.parse().map_err(|error| invalid(endpoint, error))
    }
}

#[derive(Serialize)]
struct WebhookUrl<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
}

/// `{"replyToken":"…","messages":[…]}`, without reading the messages again.
fn with_messages(
    endpoint: Endpoint,
    address: Option<(&'static str, &str)>,
    messages: Messages<'_>,
) -> Result<Bytes, ClientError> {
    let invalid = |error| invalid(endpoint, error);
    let mut body = Vec::with_capacity(messages.size_hint() + 128);
    body.push(b'{');
    if let Some((name, address)) = address {
        serde_json::to_writer(&mut body, name).map_err(invalid)?;
        body.push(b':');
        serde_json::to_writer(&mut body, address).map_err(invalid)?;
        body.push(b',');
    }
    body.extend_from_slice(b"\"messages\":");
    messages.write(&mut body).map_err(invalid)?;
    body.push(b'}');
    Ok(body.into())
}

fn parse<T: DeserializeOwned>(
    endpoint: Endpoint,
    answer: Answer,
) -> Result<Response<T>, ClientError> {
    match serde_json::from_slice(&answer.body) {
        Ok(value) => Ok(answer.with(|_| value)),
        Err(error) => Err(ClientError::unreadable(endpoint, answer, error)),
    }
}

fn invalid(
    endpoint: Endpoint,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ClientError {
    ClientError::unanswered(endpoint, ErrorKind::InvalidRequest, error)
}
