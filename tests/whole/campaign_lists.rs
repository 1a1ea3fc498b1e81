//! Lists of campaigns and of their people, filtered and sorted, page by page.

use campanile_tests::campaign::{act, call, draft, refused};
use campanile_tests::contacts;
use campanile_tests::people::send_all;
use campanile_tests::stepped::Stepped;
use lambdas::dispatcher;
use serde_json::{Value, json};
use wire::{CampaignList, MessageList};

/// All pages of a list, by name.
async fn names(stepped: &Stepped, query: &str) -> anyhow::Result<Vec<String>> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let list: CampaignList =
            call(&stepped.app, "GET", &format!("/v3/campaigns?{query}{after}"), Value::Null).await?;
        names.extend(list.items.into_iter().map(|campaign| campaign.name));
        match list.next {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(names),
        }
    }
}

#[tokio::test]
async fn campaigns_are_found_by_state_channel_and_name() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut ids = Vec::new();
    for name in ["Natal", "Páscoa", "Natal para clientes"] {
        ids.push(draft(&stepped.app, &contacts::csv(1), json!({ "name": name })).await?.id);
    }
    act(&stepped.app, &ids[1], "start").await?;
    assert_eq!(names(&stepped, "").await?, ["Natal para clientes", "Páscoa", "Natal"]);
    assert_eq!(names(&stepped, "sort=oldest&limit=1").await?, ["Natal", "Páscoa", "Natal para clientes"]);
    assert_eq!(names(&stepped, "search=NATAL").await?, ["Natal para clientes", "Natal"]);
    assert_eq!(names(&stepped, "search=natal&limit=1&sort=oldest").await?, ["Natal", "Natal para clientes"]);
    assert_eq!(names(&stepped, "search=P%C3%81SCOA").await?, ["Páscoa"]);
    assert_eq!(names(&stepped, "status=draft&limit=1").await?, ["Natal para clientes", "Natal"]);
    assert_eq!(names(&stepped, "status=processing").await?, ["Páscoa"]);
    let channel = stepped.channel_id().await?;
    assert_eq!(names(&stepped, &format!("channelId={channel}")).await?.len(), 3);
    assert!(names(&stepped, "channelId=another").await?.is_empty());
    for (query, field) in
        [("status=sent", "status"), ("sort=name", "sort"), (&format!("search={}", "x".repeat(121)), "search")]
    {
        let problem = refused(&stepped.app, "GET", &format!("/v3/campaigns?{query}"), Value::Null).await?;
        assert!(problem.to_string().contains(field), "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn people_are_found_by_the_code_that_they_failed_with() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let csv = format!("{}Ana,{}\n", contacts::csv(3), contacts::phone_ending("0180"));
    let campaign = draft(&stepped.app, &csv, json!({})).await?.id;
    act(&stepped.app, &campaign, "start").await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Tick(json!({}))).await?;
    send_all(&stepped).await?;
    let path = format!("/v3/campaigns/{campaign}/messages");
    let failed: MessageList = call(&stepped.app, "GET", &format!("{path}?code=131026"), Value::Null).await?;
    assert_eq!(failed.items.iter().map(|message| message.code).collect::<Vec<_>>(), [Some(131_026)]);
    let others: MessageList = call(&stepped.app, "GET", &format!("{path}?code=131047"), Value::Null).await?;
    assert!(others.items.is_empty());
    Ok(())
}
