//! A message with its POST, in a form that another process can parse: for a relay, and for a store.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header, request::Parts};
use rmcp::model::JsonRpcMessage;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    principal::{ClientAddress, Principal},
    refusal::Refusal,
    sse::{id::SessionId, parse},
};

/// Headers with credentials, which other processes must not receive.
const SECRETS: [HeaderName; 3] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
];

/// Identifies one POST, however often it is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryId(Uuid);

impl DeliveryId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses the [`Display`](fmt::Display) form.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// A message on its way to a session of another process.
///
/// Content type and size have been checked. The process that has the session checks the content,
/// and decides whether the session accepts it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The id of the POST.
    pub id: DeliveryId,
    /// The target session.
    pub session: SessionId,
    /// The head of the POST. Its extensions contain the [`Principal`], if there is one; the
    /// principal must arrive with the message.
    pub parts: Parts,
    /// The body of the POST.
    pub body: Vec<u8>,
}

impl Delivery {
    /// Creates a delivery with a new id.
    pub fn new(session: SessionId, parts: Parts, body: Vec<u8>) -> Self {
        Self {
            id: DeliveryId::random(),
            session,
            parts,
            body,
        }
    }

    /// Returns the principal of the POST.
    pub fn principal(&self) -> Option<&Principal> {
        self.parts.extensions.get()
    }

    /// Returns the id of the request as JSON; `None` for a notification or a response.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvalidMessage`] or [`Refusal::TooComplex`], if the body is not a message that is
    /// accepted.
    pub fn request_id(&self) -> Result<Option<String>, Refusal> {
        let message = parse::message(&self.body)?;
        match message {
            JsonRpcMessage::Request(request) => serde_json::to_string(&request.id)
                .map(Some)
                .map_err(|_| Refusal::InvalidMessage),
            _ => Ok(None),
        }
    }

    /// Serializes the delivery without the session's id, for [`from_bytes`](Self::from_bytes) in
    /// another process.
    ///
    /// Of the head, it contains the method, the path without its query, the headers, the principal,
    /// and the client's address. Headers that are marked as sensitive, and those that carry
    /// credentials, are left out.
    pub fn to_bytes(&self) -> Vec<u8> {
        serialize(self.id, &self.parts, &self.body)
    }

    /// Parses the output of [`to_bytes`](Self::to_bytes).
    ///
    /// ```
    /// use rmcp_transport::{Delivery, Principal, SessionId};
    ///
    /// let mut request = http::Request::post("/messages?session_id=secret").body(()).unwrap();
    /// request.extensions_mut().insert(Principal::new("alice"));
    /// let session = SessionId::parse("09623d2fc3d9493d82ce184a85eff572").unwrap();
    /// let sent = Delivery::new(session, request.into_parts().0, b"{}".to_vec());
    ///
    /// let received = Delivery::from_bytes(session, &sent.to_bytes()).unwrap();
    /// assert_eq!(received.id, sent.id);
    /// assert_eq!(received.principal(), Some(&Principal::new("alice")));
    /// assert_eq!(received.parts.uri, "/messages");
    /// ```
    pub fn from_bytes(session: SessionId, bytes: &[u8]) -> Option<Self> {
        let written: SerializedDelivery = serde_json::from_slice(bytes).ok()?;
        let mut request = Request::new(());
        *request.method_mut() = written.method.parse().unwrap_or(Method::POST);
        *request.uri_mut() = written.path.parse().ok()?;
        *request.headers_mut() = headers(&written.headers);
        let extensions = request.extensions_mut();
        if let Some(principal) = written.principal {
            extensions.insert(Principal::new(principal));
        }
        if let Some(address) = written.address {
            extensions.insert(ClientAddress(address));
        }
        Some(Self {
            id: DeliveryId::parse(&written.id)?,
            session,
            parts: request.into_parts().0,
            body: written.body.into(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct SerializedDelivery {
    id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    principal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    address: Option<std::net::IpAddr>,
    body: String,
}

pub(crate) fn serialize(id: DeliveryId, parts: &Parts, body: &[u8]) -> Vec<u8> {
    let readable = |(name, value): (&HeaderName, &HeaderValue)| {
        let is_secret = value.is_sensitive() || SECRETS.contains(name);
        let value = value.to_str().ok().filter(|_| !is_secret)?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    let principal: Option<&Principal> = parts.extensions.get();
    let address: Option<&ClientAddress> = parts.extensions.get();
    let written = SerializedDelivery {
        id: id.to_string(),
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        headers: parts.headers.iter().filter_map(readable).collect(),
        principal: principal.map(|principal| principal.key().to_owned()),
        address: address.map(|address| address.0),
        // A body that is not UTF-8 is not a message, and is refused by the session's process.
        body: String::from_utf8_lossy(body).into_owned(),
    };
    serde_json::to_vec(&written).expect("strings are writable as JSON")
}

fn headers(written: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(written.len());
    for (name, value) in written {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delivery_omits_the_clients_credentials() {
        let mut secret = HeaderValue::from_static("key");
        secret.set_sensitive(true);
        let mut request = Request::post("/messages?session_id=1&key=secret")
            .header("x-trace", "abc")
            .header("authorization", "Bearer secret")
            .header("x-api-key", secret)
            .body(())
            .unwrap();
        request
            .extensions_mut()
            .insert(ClientAddress([192, 0, 2, 1].into()));
        let session = SessionId::random();
        let sent = Delivery::new(session, request.into_parts().0, "{\"ä\":1}".into());
        let bytes = sent.to_bytes();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(
            !text.contains("secret") && !text.contains(&session.to_string()),
            "{text}"
        );

        let received = Delivery::from_bytes(session, &bytes).unwrap();
        assert_eq!(received.id, sent.id);
        assert_eq!(received.body, sent.body);
        assert_eq!(received.parts.headers.len(), 1);
        assert_eq!(received.parts.headers["x-trace"], "abc");
        assert_eq!(received.principal(), None);
        let address: &ClientAddress = received.parts.extensions.get().unwrap();
        assert_eq!(address.0.to_string(), "192.0.2.1");
    }

    #[test]
    fn request_id_is_returned_as_json() {
        let session = SessionId::random();
        let of = |body: &str| {
            let (parts, ()) = Request::new(()).into_parts();
            Delivery::new(session, parts, body.into()).request_id()
        };
        let ping = |id: &str| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#);
        assert_eq!(of(&ping("7")), Ok(Some("7".to_owned())));
        assert_eq!(of(&ping("\"7\"")), Ok(Some("\"7\"".to_owned())));
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(of(notification), Ok(None));
        assert_eq!(of("nonsense"), Err(Refusal::InvalidMessage));
    }
}
