//! Sends requests to the live APIs over HTTP.
//!
//! Follows no redirects, limits the size of bodies, and identifies the app as the APIs' author
//! requests.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;
use std::{io, iter};

use jiff::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Response, Url};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::Request;
use super::retry_after::retry_after;
use crate::bot_protection::is_bot_protection;
use crate::endpoint::{Api, Endpoint};
use crate::excerpt::excerpt;
use crate::{Config, Error};

/// The largest accepted body. The largest recorded one is 65 kB.
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// HTTP client for both APIs.
#[derive(Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// Limits the number of concurrent requests.
    permits: Semaphore,
    aareguru: Url,
    hydro: Url,
    app_name: String,
    app_version: String,
}

impl Http {
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            .connect_timeout(config.connect_timeout)
            .pool_max_idle_per_host(config.max_idle_connections)
            .redirect(Policy::none())
            .build()
            .map_err(|error| Error::Setup {
                source: Arc::new(error),
            })?;
        Ok(Self {
            client,
            permits: Semaphore::new(config.max_requests.max(1) as usize),
            aareguru: base_url(&config.base_url)?,
            hydro: base_url(&config.hydro_base_url)?,
            app_name: config.app_name.clone(),
            app_version: config.app_version.clone(),
        })
    }

    /// Returns the body of a successful response, within `time`.
    pub(super) async fn get(&self, request: &Request, time: Duration) -> Result<Vec<u8>, Error> {
        let endpoint = request.endpoint();
        let deadline = Instant::now() + time;
        let _permit = self.acquire_permit(endpoint, time).await?;
        let time = deadline.saturating_duration_since(Instant::now());
        tracing::debug!(endpoint = endpoint.label(), "sending an upstream request");
        let response = self.client.get(self.url(request)).timeout(time).send();
        let response = response
            .await
            .map_err(|error| request_error(endpoint, error))?;
        let status = response.status();
        let retry_after = retry_after(response.headers(), Timestamp::now());
        let body = body(endpoint, response).await;
        if status.is_success() {
            return body;
        }
        let text = body.map(|body| String::from_utf8_lossy(&body).into_owned());
        Err(match text {
            // The bot protection may use any status.
            Ok(text) if is_bot_protection(&text) => Error::Blocked {
                endpoint,
                message: excerpt(&text, 200),
            },
            _ => Error::Status {
                endpoint,
                status: status.as_u16(),
                retry_after,
            },
        })
    }

    /// Acquires a permit for one request, within `time`.
    async fn acquire_permit(
        &self,
        endpoint: Endpoint,
        time: Duration,
    ) -> Result<SemaphorePermit<'_>, Error> {
        let permit = timeout(time, self.permits.acquire()).await;
        let permit = permit.map_err(|elapsed| Error::Timeout {
            endpoint,
            source: Arc::new(elapsed),
        })?;
        Ok(permit.expect("the semaphore is never closed"))
    }

    fn url(&self, request: &Request) -> Url {
        let endpoint = request.endpoint();
        let base_url = match endpoint.api() {
            Api::Aareguru => &self.aareguru,
            Api::Hydro => &self.hydro,
        };
        let mut url = base_url.clone();
        let prefix = base_url.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}{}", endpoint.path()));
        url.query_pairs_mut()
            .extend_pairs(request.query())
            .append_pair("app", &self.app_name)
            .append_pair("version", &self.app_version);
        url
    }
}

fn base_url(value: &str) -> Result<Url, Error> {
    let refuse = |reason: &str| Error::BaseUrl {
        value: excerpt(value, 200),
        reason: reason.to_owned(),
    };
    let url = Url::parse(value.trim()).map_err(|error| refuse(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("it must begin with http:// or https://"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it must end with its path"));
    }
    Ok(url)
}

async fn body(endpoint: Endpoint, mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| request_error(endpoint, error))?
    {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Error::Malformed {
                endpoint,
                reason: format!("the body is over {MAX_BODY_BYTES} bytes"),
                source: None,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Converts the error of a request without a complete response.
fn request_error(endpoint: Endpoint, error: reqwest::Error) -> Error {
    let error = error.without_url();
    if error.is_timeout() {
        Error::Timeout {
            endpoint,
            source: Arc::new(error),
        }
    } else if is_decoding_error(&error) {
        Error::Malformed {
            endpoint,
            reason: "a request_error encoding".to_owned(),
            source: Some(Arc::new(error)),
        }
    } else {
        Error::Unreachable {
            endpoint,
            source: Arc::new(error),
        }
    }
}

/// Returns whether the body arrived but could not be decoded. reqwest also reports a `request_error`
/// connection as a decoding error.
fn is_decoding_error(error: &reqwest::Error) -> bool {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    let mut io_errors = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    error.is_decode() && io_errors.any(|error| error.kind() == io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    fn http(base_url: &str) -> Result<Http, Error> {
        Http::new(&Config {
            base_url: base_url.to_owned(),
            app_name: "a & b".to_owned(),
            app_version: "1.0".to_owned(),
            ..Config::default()
        })
    }

    #[track_caller]
    fn asks(base_url: &str, url: &str) {
        let request = Request::Current(Place::find("thun").unwrap());
        assert_eq!(http(base_url).unwrap().url(&request).as_str(), url);
    }

    #[test]
    fn base_url_with_slash_or_path_is_accepted() {
        let path_and_query = "/v2018/current?city=thun&app=a+%26+b&version=1.0";
        for base_url in ["http://localhost:1", "http://localhost:1/"] {
            asks(base_url, &format!("http://localhost:1{path_and_query}"));
        }
        for base_url in ["https://proxy/aare", "https://proxy/aare/"] {
            asks(base_url, &format!("https://proxy/aare{path_and_query}"));
        }
    }

    #[test]
    fn hydro_request_uses_the_hydro_base_url() {
        let bern = Place::find("bern").unwrap();
        let request = Request::hydro_latest(&[bern]).unwrap();
        assert_eq!(
            http("http://localhost:1").unwrap().url(&request).as_str(),
            "https://api.existenz.ch/apiv1/hydro/latest?locations=2135\
             &parameters=flow%2Cheight%2Ctemperature&app=a+%26+b&version=1.0"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn request_over_the_limit_waits_until_its_timeout() {
        let config = Config {
            max_requests: 1,
            ..Config::default()
        };
        let http = Http::new(&config).unwrap();
        let time = Duration::from_secs(10);
        let first = http.acquire_permit(Endpoint::Current, time).await.unwrap();
        let start = Instant::now();
        let second = http.acquire_permit(Endpoint::Current, time).await;
        assert!(matches!(second, Err(Error::Timeout { .. })));
        assert_eq!(start.elapsed(), time);
        drop(first);
        let _third = http.acquire_permit(Endpoint::Current, time).await.unwrap();
    }

    #[test]
    fn invalid_base_url_is_named_in_the_error() {
        for base_url in [
            "",
            "aareguru.existenz.ch",
            "ftp://x",
            "file:///etc",
            "http://",
            "http://x/?y",
            "http://x#y",
        ] {
            let error = http(base_url).unwrap_err();
            assert!(
                matches!(&error, Error::BaseUrl { value, .. } if value == base_url),
                "{error}"
            );
        }
    }
}
