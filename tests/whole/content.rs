//! What campaigns say: free words and their window, several wordings, recipients who cannot be filled in, previews, tries,
//! and files that lie elsewhere.

use std::collections::BTreeMap;

use anyhow::Context;
use campanile_tests::campaign::{act, call, count, dispatched, draft, later, refused, uploaded};
use campanile_tests::contacts;
use campanile_tests::people::{now, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::{assets, files};
use lambdas::{importer, sender};
use local::events::s3_event;
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use wire::{AssetUpload, Campaign, CampaignEstimate, CampaignStatus, MessageList, MessageState, Preview, Tried};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// An audience of this file.
async fn audience(stepped: &Stepped, csv: &str) -> anyhow::Result<Value> {
    let (audience, put) = uploaded(&stepped.app, csv).await?;
    importer::handle(&stepped.app, s3_event(&put)?).await?;
    Ok(json!(audience))
}

async fn channel(stepped: &Stepped) -> anyhow::Result<Value> {
    let channels: Value = call(&stepped.app, "GET", "/v3/channels", Value::Null).await?;
    Ok(channels["items"][0]["id"].clone())
}

#[tokio::test]
async fn free_words_reach_who_wrote_lately_and_nobody_else() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(3).collect();
    // One wrote an hour ago, one two days ago, one never.
    write(&stepped, json!({ "from": &phones[0][1..] }), "Hello", "wamid.in.1", now() - 3_600).await?;
    write(&stepped, json!({ "from": &phones[1][1..] }), "Hello", "wamid.in.2", now() - 2 * 86_400).await?;
    let csv = contacts::csv(3);
    let free = json!({ "template": {}, "message": "Hi [FIRSTNAME],\nthe shop is *open*." });
    let made = draft(&stepped.app, &csv, free.clone()).await?;
    assert_eq!(made.message, "Hi [FIRSTNAME],\nthe shop is *open*.");
    assert_eq!(made.template.name, "");
    let path = format!("/v3/campaigns/{}/estimate", made.id);
    let estimate: CampaignEstimate = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!((estimate.recipients, estimate.window_closed, estimate.unfilled), (3, 2, 0));

    let (campaign, jobs) = dispatched(&stepped, &csv, free).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let arrivals: Vec<_> = stepped.simulator.arrivals().into_iter().filter(|one| one.template_name.is_none()).collect();
    let to_people: Vec<_> = arrivals.iter().filter(|one| one.text.contains("the shop is")).collect();
    assert_eq!(to_people.len(), 1, "{arrivals:?}");
    assert_eq!(to_people[0].to, phones[0][1..]);
    assert!(to_people[0].text.ends_with(",\nthe shop is *open*."), "{}", to_people[0].text);
    let path = format!("/v3/campaigns/{campaign}/messages?state=skipped");
    let skipped: MessageList = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!(skipped.items.len(), 2);
    assert!(skipped.items.iter().all(|one| one.reason.as_deref().is_some_and(|why| why.contains("24 hours"))));
    assert!(skipped.items.iter().all(|one| one.skip_reason.as_deref() == Some("windowClosed")));
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_put_again_after_it_was_looked_at_is_used_no_more() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    // As large as each other and of one kind: whoever approved the first has not seen the second.
    let [first, second] = [b"a", b"b"].map(|end| [PNG, &end[..]].concat());
    let announced = json!({ "fileName": "picture.png", "sizeBytes": first.len() });
    let upload: AssetUpload = call(app, "POST", "/v3/assets", announced).await?;
    let key = assets::key(WORKSPACE, &upload.asset_id);
    files::put(app, &key, "image/png", first.clone()).await?;
    call::<Value>(app, "GET", &format!("/v3/assets/{}", upload.asset_id), Value::Null).await?;
    let looked = assets::get(app, WORKSPACE, &upload.asset_id).await?.context("the file is known")?;
    assert_eq!(assets::bytes(app, &looked).await?, Some(first.clone()));
    files::put(app, &key, "image/png", second).await?;
    assert_eq!(assets::bytes(app, &looked).await?, None);
    files::put(app, &key, "image/png", first.clone()).await?;
    assert_eq!(assets::bytes(app, &looked).await?, Some(first));
    Ok(())
}

#[tokio::test]
async fn a_template_stands_in_for_free_words_where_those_may_not_go() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(3).collect();
    write(&stepped, json!({ "from": &phones[1][1..] }), "Hello", "wamid.in.1", now() - 60).await?;
    let template = json!({ "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] });
    let both = json!({ "template": template, "message": "Thank you for writing, {{name}}." });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(3), both).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let arrivals = stepped.simulator.arrivals();
    let got = |phone: &String| arrivals.iter().find(|arrival| arrival.to == phone[1..]).map(|one| one.text.as_str());
    let starts = |phone, with| got(phone).is_some_and(|text: &str| text.starts_with(with));
    assert_eq!(arrivals.len(), 3);
    assert!(starts(&phones[1], "Thank you for writing, "), "{arrivals:?}");
    assert!(starts(&phones[0], "Hello ") && starts(&phones[2], "Hello "), "{arrivals:?}");
    let shown: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await?;
    assert_eq!((shown.message.is_empty(), shown.template.name.as_str()), (false, "weekly_offer"));
    assert_eq!(shown.totals.skipped, 0);

    // A template that cannot be filled in is told as any other.
    let wrong = json!({ "template": { "name": "weekly_offer", "language": "en", "body": [] }, "message": "Hi" });
    let Err(error) = draft(&stepped.app, &contacts::csv(1), wrong).await else {
        anyhow::bail!("a wrong template was taken")
    };
    assert!(error.to_string().contains("template.body"), "{error}");
    Ok(())
}

#[tokio::test]
async fn each_wording_goes_to_its_share_and_is_counted_apart() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let named =
        |name: &str, language: &str| json!({ "name": name, "language": language, "body": [{ "column": "name" }] });
    let variants = json!([
        { "name": "English", "template": named("weekly_offer", "en") },
        { "template": named("weekly_offer", "es") },
    ]);
    let (campaign, jobs) =
        dispatched(&stepped, &contacts::csv(40), json!({ "template": null, "variants": variants })).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let mut said: BTreeMap<&str, u64> = BTreeMap::new();
    let arrivals = stepped.simulator.arrivals();
    for arrival in &arrivals {
        *said.entry(if arrival.text.starts_with("Hello") { "English" } else { "B" }).or_default() += 1;
    }
    assert_eq!(said, BTreeMap::from([("English", 20), ("B", 20)]));

    let shown: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await?;
    let names: Vec<&str> = shown.variants.iter().map(|variant| variant.name.as_str()).collect();
    assert_eq!(names, ["English", "B"]);
    let counted =
        |totals: &wire::CampaignTotals| totals.accepted + totals.sent + totals.delivered + totals.read + totals.claimed;
    for variant in &shown.variants {
        assert_eq!(counted(&variant.totals), 20, "{variant:?}");
    }
    // A copy says the same in as many ways.
    let copy: Campaign = call(&stepped.app, "POST", &format!("/v3/campaigns/{campaign}/clone"), json!({})).await?;
    assert_eq!(copy.variants.iter().map(|variant| &variant.template).collect::<Vec<_>>().len(), 2);
    assert_eq!(copy.status, CampaignStatus::Draft);
    Ok(())
}

#[tokio::test]
async fn who_cannot_be_filled_in_is_told_with_his_row_before_anything_leaves() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(4).collect();
    let csv = format!("phone,name\n{},Ana\n{},\n{},\"  \"\n{},Zé\n", phones[0], phones[1], phones[2], phones[3]);
    let made = draft(&stepped.app, &csv, json!({})).await?;
    let problem = refused(&stepped.app, "POST", &format!("/v3/campaigns/{}/start", made.id), json!({})).await?;
    assert!(problem["detail"].as_str().unwrap_or_default().starts_with("2 of 4 people"), "{problem}");
    let fields: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(fields, ["recipients.1", "recipients.2"]);
    let first = problem["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(first.starts_with("row 3: \"name\" is empty"), "{first}");
    assert_eq!(stepped.simulator.arrivals().len(), 0);

    let path = format!("/v3/campaigns/{}", made.id);
    let at = chrono::Utc::now() + chrono::Duration::hours(2);
    let problem = refused(&stepped.app, "PATCH", &path, json!({ "scheduledTo": at })).await?;
    assert!(problem["detail"].as_str().unwrap_or_default().starts_with("2 of 4 people"), "{problem}");
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "skipUnfilled": true })).await?;
    assert_eq!(edited.status, CampaignStatus::Draft);
    let started = act(&stepped.app, &made.id, "start").await?;
    assert_eq!(started.status, CampaignStatus::Processing);

    // A scheduled campaign is looked at when it is made.
    let scheduled = json!({
        "name": "Later", "channelId": channel(&stepped).await?, "audienceId": audience(&stepped, &csv).await?,
        "scheduledTo": chrono::Utc::now() + chrono::Duration::hours(2),
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    let problem = refused(&stepped.app, "POST", "/v3/campaigns", scheduled).await?;
    assert!(problem["detail"].as_str().unwrap_or_default().starts_with("2 of 4 people"), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_cell_of_many_lines_is_told_with_its_row_before_anything_leaves() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phones: Vec<String> = contacts::phones().take(4).collect();
    let csv = format!(
        "phone,name\n{},Ana\n{},\"Ben\nJr\"\n{},\"Cid\tJr\"\n{},\"Dan     Jr\"\n",
        phones[0], phones[1], phones[2], phones[3]
    );
    let made = draft(&stepped.app, &csv, json!({})).await?;
    let start = format!("/v3/campaigns/{}/start", made.id);
    let problem = refused(&stepped.app, "POST", &start, json!({})).await?;
    assert!(problem["detail"].as_str().unwrap_or_default().starts_with("3 of 4 people"), "{problem}");
    let told: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|one| one["message"].as_str()).collect();
    assert!(
        told.iter().all(|one| one.starts_with("row ") && one.contains("has a line end, a tab or more")),
        "{told:?}"
    );
    assert_eq!(stepped.simulator.arrivals().len(), 0);
    // Left out on request, each with a reason that programs can read.
    let path = format!("/v3/campaigns/{}", made.id);
    let _: Campaign = call(&stepped.app, "PATCH", &path, json!({ "skipUnfilled": true })).await?;
    let (campaign, jobs) = dispatched(&stepped, &csv, json!({ "skipUnfilled": true })).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let path = format!("/v3/campaigns/{campaign}/messages?state=skipped");
    let skipped: MessageList = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!(skipped.items.len(), 3);
    assert!(skipped.items.iter().all(|one| one.skip_reason.as_deref() == Some("manyLines")), "{skipped:?}");
    Ok(())
}

#[tokio::test]
async fn a_preview_is_what_the_recipient_gets() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), json!({})).await?;
    let path = format!("/v3/campaigns/{campaign}/preview?index=3");
    let preview: Preview = call(&stepped.app, "GET", &path, Value::Null).await?;
    sender::handle(&stepped.app, jobs).await?;
    let bubble = preview.bubble.unwrap_or_default();
    let text: String = bubble.body.iter().map(|span| span.text.as_str()).collect();
    let arrivals = stepped.simulator.arrivals();
    let arrival = arrivals.iter().find(|arrival| format!("+{}", arrival.to) == preview.phone);
    assert_eq!(arrival.map(|arrival| arrival.text.as_str()), Some(text.as_str()));
    assert_eq!(bubble.footer.as_deref(), Some("Reply STOP to unsubscribe"));
    assert_eq!(bubble.buttons[0].text, "Stop");
    let beyond =
        refused(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}/preview?index=5"), Value::Null).await?;
    assert_eq!(beyond["errors"][0]["field"], "index");
    Ok(())
}

#[tokio::test]
async fn a_try_reaches_ones_own_phone_and_leaves_no_trace() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let own = ["+5511987650001", "+5511987650180", "+55 11 98765-0001"];
    let path = format!("/v3/campaigns/{}/try", made.id);
    let tried: Tried = call(&stepped.app, "POST", &path, json!({ "to": own, "index": 1 })).await?;
    let outcomes: Vec<(bool, Option<u32>)> = tried.items.iter().map(|item| (item.accepted, item.code)).collect();
    assert_eq!(outcomes, [(true, None), (false, Some(131_026))], "the same number is tried once");
    let arrivals = stepped.simulator.arrivals();
    assert_eq!(arrivals.len(), 2);
    let shown: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{}", made.id), Value::Null).await?;
    assert_eq!((shown.status, shown.totals.untouched), (CampaignStatus::Draft, 2));
    let list: MessageList =
        call(&stepped.app, "GET", &format!("/v3/campaigns/{}/messages", made.id), Value::Null).await?;
    assert!(list.items.iter().all(|one| one.state == MessageState::Untouched));
    for wrong in [json!([]), json!(["1"]), json!(vec!["+5511987650001"; 6])] {
        let problem = refused(&stepped.app, "POST", &path, json!({ "to": wrong })).await?;
        assert!(problem["errors"][0]["field"].as_str().is_some_and(|field| field.starts_with("to")), "{problem}");
    }
    Ok(())
}

#[tokio::test]
async fn a_campaign_whose_offer_is_over_is_renamed_and_copied_and_does_not_start() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let announced = json!({ "fileName": "picture.png", "sizeBytes": PNG.len() });
    let upload: AssetUpload = call(&stepped.app, "POST", "/v3/assets", announced).await?;
    let key = assets::key(WORKSPACE, &upload.asset_id);
    files::put(&stepped.app, &key, "application/octet-stream", PNG.to_vec()).await?;
    let mut offer = json!({
        "name": "oferta_de_48_horas", "language": "es", "headerMedia": { "assetId": upload.asset_id },
        "body": [{ "column": "name" }, { "text": "20%" }],
        "offerExpiresAt": chrono::Utc::now() + chrono::Duration::days(2),
        "buttons": [{ "index": 0, "text": "HOY25" }, { "index": 1, "text": "o-1" }],
    });
    let made = draft(&stepped.app, &contacts::csv(2), json!({ "template": offer })).await?;
    let app = later(&stepped.app, 3 * 86_400);
    let path = format!("/v3/campaigns/{}", made.id);
    let renamed: Campaign = call(&app, "PATCH", &path, json!({ "name": "Over" })).await?;
    assert_eq!(renamed.name, "Over");
    let copy: Campaign = call(&app, "POST", &format!("{path}/clone"), json!({})).await?;
    for id in [&made.id, &copy.id] {
        let problem = refused(&app, "POST", &format!("/v3/campaigns/{id}/start"), json!({})).await?;
        assert_eq!(problem["errors"][0]["field"], "template.offerExpiresAt", "{problem}");
    }
    // Another content is given anew, with its end.
    offer["body"][1] = json!({ "text": "30%" });
    let problem = refused(&app, "PATCH", &path, json!({ "template": offer })).await?;
    assert_eq!(problem["errors"][0]["message"], "lies in the past", "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_file_on_our_own_network_is_never_fetched() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let body = json!({
        "name": "Picture", "channelId": channel(&stepped).await?, "audienceId": audience(&stepped, &contacts::csv(1)).await?,
        "message": "Look", "assetsUrls": ["https://127.0.0.1/a.png"],
    });
    let problem = refused(&stepped.app, "POST", "/v3/campaigns", body.clone()).await?;
    assert_eq!(problem["errors"][0]["field"], "assetsUrls.0");
    assert!(problem["errors"][0]["message"].as_str().is_some_and(|why| why.contains("not on the public network")));
    let mut two = body;
    two["assetsUrls"] = json!(["https://example.com/a.png", "https://example.com/b.png"]);
    let problem = refused(&stepped.app, "POST", "/v3/campaigns", two).await?;
    assert_eq!(problem["errors"][0]["field"], "assetsUrls");
    Ok(())
}
