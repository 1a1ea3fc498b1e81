//! A contacts file that lies elsewhere: fetched and read as an upload is, and not from everywhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use campanile_tests::campaign::{call, later, refused};
use campanile_tests::contacts;
use campanile_tests::receiver::reaching_here;
use campanile_tests::stepped::Stepped;
use lambdas::{App, importer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use wire::Campaign;

use super::{fields, whole, with};

/// A server of one file; every other path is not found.
async fn serve(file: String) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let router = axum::Router::new().route("/people.csv", axum::routing::get(move || async move { file }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Does the errands that a creation waits for, until the creation is answered.
async fn while_importing<T>(stepped: &Stepped, app: &Arc<App>, creation: impl Future<Output = T>) -> anyhow::Result<T> {
    let errands = async {
        loop {
            let errands = stepped.take(&app.config.errand_queue_url).await?;
            importer::errands::handle(app, errands).await?;
        }
    };
    tokio::select! {
        answer = creation => Ok(answer),
        failed = errands => failed,
    }
}

#[tokio::test]
async fn a_contacts_file_elsewhere_is_fetched_and_read_as_an_upload_is() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = reaching_here(&stepped.app)?;
    let address = serve(contacts::csv(3)).await?;
    let mut body = whole(&stepped, 1).await?;
    body["leadsAssetUrl"] = json!(format!("{address}/people.csv"));
    let made = call::<Campaign>(&app, "POST", "/v3/campaigns", body.clone());
    let campaign = while_importing(&stepped, &app, made).await??;
    assert_eq!(campaign.leads_count, 3);
    assert!(campaign.leads_asset_url.starts_with("s3://"), "{}", campaign.leads_asset_url);
    let audience: Value = call(&app, "GET", &format!("/v3/audiences/{}", campaign.audience_id), Value::Null).await?;
    assert_eq!((audience["fileName"].clone(), audience["status"].clone()), (json!("people.csv"), json!("ready")));

    // Asked for another campaign, the file is fetched anew: it may have changed.
    let again = call::<Campaign>(&app, "POST", "/v3/campaigns", body.clone());
    let other = while_importing(&stepped, &app, again).await??;
    assert_ne!(other.audience_id, campaign.audience_id);

    body["leadsAssetUrl"] = json!(format!("{address}/nobody.csv"));
    let missing = refused(&app, "POST", "/v3/campaigns", body.clone());
    let problem = while_importing(&stepped, &app, missing).await??;
    assert_eq!(fields(&problem), BTreeSet::from(["leadsAssetUrl".to_owned()]));
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("404")), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_file_on_our_own_network_is_not_fetched() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let address = serve(contacts::csv(1)).await?;
    let mut body = whole(&stepped, 1).await?;
    for (url, why) in [(format!("{address}/people.csv"), "https://"), ("https://127.0.0.1/a.csv".to_owned(), "public")]
    {
        body["leadsAssetUrl"] = json!(url);
        let creation = refused(&stepped.app, "POST", "/v3/campaigns", body.clone());
        let problem = while_importing(&stepped, &stepped.app, creation).await??;
        assert_eq!(fields(&problem), BTreeSet::from(["leadsAssetUrl".to_owned()]));
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(why)), "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn whoever_asks_again_while_a_file_is_fetched_finds_the_same_audience() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = reaching_here(&stepped.app)?;
    let address = format!("{}/people.csv", serve(contacts::csv(2)).await?);
    let body = with(&whole(&stepped, 1).await?, "leadsAssetUrl", json!(address));
    // Nobody imports: the request gives up waiting and says when to come back.
    let waits = refused(&app, "POST", "/v3/campaigns", body.clone()).await?;
    assert_eq!((waits["type"].clone(), waits["status"].clone()), (json!("conflict"), json!(409)), "{waits}");
    let audience = lambdas::storage::fetches::get(&app, local::whatsapp::WORKSPACE, &address).await?;
    let errands = stepped.take(&app.config.errand_queue_url).await?;
    importer::errands::handle(&app, errands.clone()).await?;
    importer::errands::handle(&app, errands).await?;
    let campaign: Campaign = call(&app, "POST", "/v3/campaigns", body).await?;
    assert_eq!((Some(campaign.audience_id), campaign.leads_count), (audience, 2));
    // An hour later an address stands for nothing.
    let much_later = later(&app, 3_700);
    assert_eq!(lambdas::storage::fetches::get(&much_later, local::whatsapp::WORKSPACE, &address).await?, None);
    Ok(())
}
