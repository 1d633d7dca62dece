//! How many sessions of one transport may be open: in all, and for one client.
//!
//! A place is taken before anything is promised, and given back when it is
//! dropped.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use rmcp_sse::{Client, Refusal};

/// The places of one transport.
#[derive(Debug)]
pub(crate) struct Places {
    max: usize,
    max_per_client: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_client: HashMap<Client, usize>,
}

/// The right to one more session.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    client: Option<Client>,
}

impl Places {
    pub(crate) fn new(max: usize, max_per_client: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_client,
            taken: Mutex::default(),
        })
    }

    /// Takes a place for `client`; nobody is counted for it if it is `None`.
    pub(crate) fn take(self: &Arc<Self>, client: Option<Client>) -> Result<Place, Refusal> {
        let mut taken = self.taken.lock();
        if taken.all >= self.max {
            return Err(Refusal::TooManySessions);
        }
        if let Some(client) = &client {
            let of_client = taken.by_client.entry(client.clone()).or_default();
            if *of_client >= self.max_per_client {
                return Err(Refusal::TooManySessionsOfClient);
            }
            *of_client += 1;
        }
        taken.all += 1;
        drop(taken);
        Ok(Place {
            places: self.clone(),
            client,
        })
    }
}

impl Place {
    /// Whom it is counted for.
    pub(crate) fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        taken.all -= 1;
        let Some(client) = &self.client else {
            return;
        };
        if let Some(of_client) = taken.by_client.get_mut(client) {
            *of_client -= 1;
            if *of_client == 0 {
                taken.by_client.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rmcp_sse::Principal;

    use super::*;

    fn client(name: &str) -> Option<Client> {
        Some(Client::Principal(Principal::new(name)))
    }

    #[test]
    fn a_place_is_there_again_when_it_was_given_back() {
        let places = Places::new(1, 1);
        let place = places.take(client("a")).unwrap();
        assert_eq!(
            places.take(client("b")).unwrap_err(),
            Refusal::TooManySessions
        );
        drop(place);
        places.take(client("b")).unwrap();
        assert!(places.taken.lock().by_client.is_empty());
    }

    #[test]
    fn one_client_cannot_take_the_places_of_all() {
        let places = Places::new(3, 1);
        let _a = places.take(client("a")).unwrap();
        assert_eq!(
            places.take(client("a")).unwrap_err(),
            Refusal::TooManySessionsOfClient
        );
        let _b = places.take(client("b")).unwrap();
        let _unknown = places.take(None).unwrap();
        assert_eq!(places.take(None).unwrap_err(), Refusal::TooManySessions);
    }
}
