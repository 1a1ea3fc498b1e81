//! The newest campaigns, as many as are asked for, over as many pages as they fill.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Client;

/// Campaigns asked for at once: as many as the API gives.
const LARGEST_PAGE: usize = 100;

/// The newest, at most as many as were asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Newest<T> {
    /// The newest first.
    pub(super) items: Vec<T>,
    /// Whether there are others, which were not asked for.
    pub(super) has_more: bool,
}

/// A page of `GET /v3/campaigns`.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// Asks for pages until there are enough.
pub(super) async fn newest<T: DeserializeOwned>(client: &Client, limit: usize) -> anyhow::Result<Newest<T>> {
    let (mut items, mut after) = (Vec::new(), String::new());
    // One beyond those that are shown tells that there are more: a cursor alone may lead to nothing.
    while items.len() <= limit {
        let at_once = (limit + 1 - items.len()).min(LARGEST_PAGE);
        let page: Page<T> = client.get(&format!("/v3/campaigns?limit={at_once}{after}")).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let has_more = items.len() > limit;
    items.truncate(limit);
    Ok(Newest { items, has_more })
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use super::*;
    use crate::cli::Target;

    /// Campaigns of the workspace, which are numbers here.
    const ALL: usize = 250;

    #[derive(Deserialize)]
    struct Asked {
        limit: usize,
        #[serde(default)]
        after: usize,
    }

    /// A page as the API gives it: a full one has a cursor, whether or not anything comes after it.
    async fn page(Query(asked): Query<Asked>) -> Json<Value> {
        assert!((1..=LARGEST_PAGE).contains(&asked.limit));
        let end = asked.after + asked.limit;
        let items: Vec<usize> = (asked.after..end.min(ALL)).collect();
        Json(if end <= ALL { json!({ "items": items, "next": end.to_string() }) } else { json!({ "items": items }) })
    }

    #[tokio::test]
    async fn pages_are_followed_up_to_the_limit_and_more_are_told_only_where_there_are() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v3/campaigns", get(page));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let target = Target { url, token: Some("token".to_owned()), data: "data".into(), json: true };
        let client = Client::of(&target).unwrap();
        for (limit, count, has_more) in [
            (1, 1, true),
            (99, 99, true),
            (100, 100, true),
            (200, 200, true),
            (249, 249, true),
            (250, 250, false),
            (1_000, 250, false),
        ] {
            let expected = Newest { items: (0..count).collect::<Vec<usize>>(), has_more };
            assert_eq!(newest::<usize>(&client, limit).await.unwrap(), expected, "{limit}");
        }
    }
}
