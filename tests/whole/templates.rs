//! Every kind of template against the simulator's own checks: its parts, its files, and what becomes of it meanwhile.

use anyhow::Context;
use axum::body::Body;
use axum::http::{Request, header};
use campanile_tests::campaign::{act, call, count, dispatched, draft, later, refused};
use campanile_tests::client::until;
use campanile_tests::contacts;
use campanile_tests::people::{now, write};
use campanile_tests::stepped::Stepped;
use lambdas::storage::template_deeds::{self, Deed};
use lambdas::storage::{channels, files};
use lambdas::{dispatcher, sender};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use simulator::Outcome;
use tower::ServiceExt;
use wire::{
    Asset, AssetUpload, Campaign, CampaignStatus, CreateTemplate, MediaKind, Template, TemplateCreated, TemplateList,
    Tried,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// A file that lies where an upload would have put it.
async fn asset(stepped: &Stepped, name: &str, bytes: &[u8]) -> anyhow::Result<String> {
    let announced = json!({ "fileName": name, "sizeBytes": bytes.len() });
    let upload: AssetUpload = call(&stepped.app, "POST", "/v3/assets", announced).await?;
    let key = lambdas::storage::assets::key(WORKSPACE, &upload.asset_id);
    files::put(&stepped.app, &key, "application/octet-stream", bytes.to_vec()).await?;
    Ok(upload.asset_id)
}

/// Something that Meta does, by the simulator's own door.
async fn meta_does(stepped: &Stepped, what: &str, body: Value) -> anyhow::Result<()> {
    let request = Request::post(format!("/simulator/{what}")).header(header::CONTENT_TYPE, "application/json");
    let answer = stepped.simulator.router().oneshot(request.body(Body::from(body.to_string()))?).await?;
    anyhow::ensure!(answer.status().is_success(), "{what} was answered {}", answer.status());
    Ok(())
}

fn with_template(template: Value) -> Value {
    json!({ "template": template })
}

/// A content for each template of the simulated account that shows a component of its own.
async fn contents(stepped: &Stepped) -> anyhow::Result<Vec<Value>> {
    let picture = asset(stepped, "picture.png", PNG).await?;
    let film = asset(stepped, "film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom").await?;
    let paper = asset(stepped, "factura.pdf", b"%PDF-1.7\n%%EOF").await?;
    let name = json!({ "column": "name" });
    let text = |text: &str| json!({ "text": text });
    let picture = json!({ "assetId": picture });
    let card = |code: &str| json!({ "headerMedia": picture, "body": [text("10%")], "buttons": [{ "index": 0, "text": code }, { "index": 1, "text": "p-1" }] });
    let ends_at = chrono::Utc::now() + chrono::Duration::days(2);
    Ok(vec![
        json!({ "name": "colecao_de_verao", "language": "pt_BR", "headerMedia": picture, "body": [name] }),
        json!({ "name": "new_store_tour", "language": "en", "headerMedia": { "assetId": film }, "body": [name, text("Recife")] }),
        json!({ "name": "factura_disponible", "language": "es", "headerMedia": { "assetId": paper }, "body": [name, text("mayo")] }),
        json!({
            "name": "pickup_point", "language": "en", "body": [name, text("A-42")],
            "headerLocation": { "latitude": "-8.05", "longitude": "-34.88", "name": "Shop", "address": "Rua Um, 1" },
        }),
        json!({
            "name": "liquidacao_nomeada", "language": "pt_BR", "header": [text("domingo")],
            "body": [name, text("loja"), text("30%")],
        }),
        json!({ "name": "coupon_code", "language": "en", "body": [name, text("25%")], "buttons": [{ "index": 1, "text": "25OFF" }] }),
        json!({ "name": "carrinho_esperando", "language": "pt_BR", "body": [name, text("um livro")], "buttons": [{ "index": 0, "text": "c-7" }] }),
        json!({ "name": "encuesta_de_compra", "language": "es", "body": [name], "buttons": [{ "index": 0, "text": "token-1" }] }),
        json!({
            "name": "encuesta_de_compra", "language": "es", "body": [{ "currency": "BRL", "amount": text("12.50") }],
            "buttons": [{ "index": 0, "text": "token-2", "flowData": { "who": "{{name}}", "seats": 2 } }],
        }),
        json!({
            "name": "appointment_reminder", "language": "en", "header": [{ "dateTime": text("Monday") }],
            "body": [name, { "dateTime": text("10:00") }],
        }),
        json!({ "name": "spring_catalog", "language": "en", "body": [name], "buttons": [{ "index": 0, "text": "sku-1" }] }),
        json!({ "name": "dois_destaques", "language": "pt_BR", "body": [name], "cards": [card("um"), card("dois")] }),
        json!({
            "name": "oferta_de_48_horas", "language": "es", "headerMedia": picture, "body": [name, text("20%")],
            "offerExpiresAt": ends_at, "buttons": [{ "index": 0, "text": "HOY25" }, { "index": 1, "text": "o-1" }],
        }),
        json!({ "name": "codigo_de_acesso", "language": "pt_BR", "body": [text("123456")], "buttons": [{ "index": 0, "text": "123456" }] }),
    ])
}

#[tokio::test]
async fn every_component_passes_the_other_sides_checks() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    for content in contents(&stepped).await? {
        let name = content["name"].clone();
        let made = draft(&stepped.app, &contacts::csv(1), with_template(content)).await?;
        let path = format!("/v3/campaigns/{}/try", made.id);
        let tried: Tried = call(&stepped.app, "POST", &path, json!({ "to": ["+5511987650001"] })).await?;
        assert!(tried.items[0].accepted, "{name}: {:?}", tried.items[0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_campaigns_file_is_uploaded_once_for_everybody_and_renewed_before_it_is_forgotten() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let content = contents(&stepped).await?.swap_remove(0);
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), with_template(content)).await?;
    let held = stepped.record(&campaign).await?.media;
    assert_eq!(held.len(), 1);
    sender::handle(&stepped.app, jobs).await?;
    let accepted = |outcome: &Outcome| matches!(outcome, Outcome::Accepted);
    assert_eq!(stepped.simulator.arrivals().iter().filter(|one| accepted(&one.outcome)).count(), 5);

    let nudge = || json!({ "workspaceId": WORKSPACE, "campaignId": campaign });
    let look = async |app: &std::sync::Arc<lambdas::App>| {
        let nudges = serde_json::from_value(json!({ "Records": [{
            "messageId": "1", "receiptHandle": "1", "body": nudge().to_string(), "attributes": {}, "messageAttributes": {},
            "md5OfBody": "", "eventSource": "aws:sqs", "eventSourceARN": "arn", "awsRegion": "local",
        }]}))?;
        dispatcher::handle(app, dispatcher::Event::Nudges(nudges)).await
    };
    look(&stepped.app).await?;
    assert_eq!(stepped.record(&campaign).await?.media, held);
    look(&later(&stepped.app, 23 * 86_400)).await?;
    assert_eq!(stepped.record(&campaign).await?.media, held);
    look(&later(&stepped.app, 25 * 86_400)).await?;
    let renewed = stepped.record(&campaign).await?.media;
    assert_ne!(renewed, held, "the upload of 24 days ago is not relied on");
    assert_eq!(renewed.keys().collect::<Vec<_>>(), held.keys().collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn a_file_that_whatsapp_has_no_more_pauses_its_campaign_once_and_is_uploaded_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let content = contents(&stepped).await?.swap_remove(0);
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(5), with_template(content)).await?;
    let held = stepped.record(&campaign).await?.media;
    for file in held.values() {
        let request = Request::delete(format!("/v26.0/{}", file.id));
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", stepped.secrets.simulator_token));
        let answer = stepped.simulator.router().oneshot(request.body(Body::empty())?).await?;
        anyhow::ensure!(answer.status().is_success(), "deleting a file was answered {}", answer.status());
    }
    sender::handle(&stepped.app, jobs).await?;
    let paused = stepped.record(&campaign).await?;
    assert_eq!((paused.status, paused.media.len()), (CampaignStatus::Paused, 0));
    let reason = paused.status_reason.unwrap_or_default();
    assert!(reason.contains("picture, film or file (131053)") && reason.contains("uploaded again"), "{reason}");
    act(&stepped.app, &campaign, "resume").await?;
    let again = stepped.record(&campaign).await?.media;
    assert!(again.len() == 1 && again != held, "{again:?}");
    Ok(())
}

#[tokio::test]
async fn what_whatsapp_says_of_a_number_before_a_start_is_taken_in() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let start = format!("/v3/campaigns/{}/start", made.id);
    meta_does(&stepped, "account", json!({ "event": "STATUS", "status": "PENDING" })).await?;
    let problem = refused(&stepped.app, "POST", &start, json!({})).await?;
    assert!(problem["detail"].as_str().is_some_and(|why| why.starts_with("the number cannot send")), "{problem}");
    meta_does(&stepped, "account", json!({ "event": "STATUS", "status": "CONNECTED" })).await?;
    meta_does(&stepped, "account", json!({ "event": "LIMIT", "messagingLimit": 2_000 })).await?;
    meta_does(&stepped, "account", json!({ "event": "QUALITY", "quality": "RED" })).await?;
    let before = stepped.channel().await?;
    act(&stepped.app, &made.id, "start").await?;
    let after = stepped.channel().await?;
    assert_eq!((before.messaging_limit, after.messaging_limit), (None, Some(2_000)));
    assert_eq!(after.messages_per_second, before.messages_per_second / 2);
    Ok(())
}

#[tokio::test]
async fn an_offer_that_ends_before_its_campaign_starts_is_refused_then() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut all = contents(&stepped).await?.into_iter();
    let content = all.find(|one| one["name"] == "oferta_de_48_horas").context("no content with an offer")?;
    let made = draft(&stepped.app, &contacts::csv(1), with_template(content)).await?;
    let path = format!("/v3/campaigns/{}", made.id);
    let late = chrono::Utc::now() + chrono::Duration::days(3);
    let problem = refused(&stepped.app, "PATCH", &path, json!({ "scheduledTo": late })).await?;
    assert_eq!(problem["errors"][0]["field"], "template.offerExpiresAt", "{problem}");
    let early = chrono::Utc::now() + chrono::Duration::days(1);
    let edited: Campaign = call(&stepped.app, "PATCH", &path, json!({ "scheduledTo": early })).await?;
    assert_eq!(edited.status, CampaignStatus::Scheduled);
    Ok(())
}

#[tokio::test]
async fn offers_are_tried_by_the_way_that_they_go() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    let offers = |read: &channels::ChannelRecord| channels::ChannelRecord { marketing_messages: true, ..read.clone() };
    channels::edit(&stepped.app, channel.workspace_id, &channel.id, offers).await?;
    meta_does(&stepped, "account", json!({ "event": "MARKETING", "onCloudApi": "off" })).await?;
    let made = draft(&stepped.app, &contacts::csv(1), json!({})).await?;
    let path = format!("/v3/campaigns/{}/try", made.id);
    let tried: Tried = call(&stepped.app, "POST", &path, json!({ "to": ["+5511987650001"] })).await?;
    assert!(tried.items[0].accepted, "{:?}", tried.items[0]);
    Ok(())
}

#[tokio::test]
async fn a_file_must_be_what_its_place_shows() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let paper = asset(&stepped, "offer.pdf", b"%PDF-1.7\n%%EOF").await?;
    let shown: Asset = call(&stepped.app, "GET", &format!("/v3/assets/{paper}"), Value::Null).await?;
    assert_eq!((shown.kind, shown.mime_type.as_str(), shown.size_bytes), (MediaKind::Document, "application/pdf", 14));
    let zip = asset(&stepped, "offer.zip", b"PK\x03\x04....").await?;
    let announced: AssetUpload =
        call(&stepped.app, "POST", "/v3/assets", json!({ "fileName": "a.png", "sizeBytes": 9 })).await?;
    let wrong = [
        (paper, "the kind image"),
        (zip, "nothing that WhatsApp shows"),
        (announced.asset_id, "has not arrived"),
        ("01JD8ZQ0000000000000000000".to_owned(), "no such file"),
    ];
    for (asset, why) in wrong {
        let content = json!({ "name": "colecao_de_verao", "language": "pt_BR", "headerMedia": { "assetId": asset }, "body": [{ "column": "name" }] });
        let Err(error) = draft(&stepped.app, &contacts::csv(1), with_template(content)).await else {
            anyhow::bail!("a wrong file was taken: {why}");
        };
        let error = error.to_string();
        assert!(error.contains("template.headerMedia") && error.contains(why), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_goes_with_free_words() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let phone = contacts::phones().next().unwrap_or_default();
    write(&stepped, json!({ "from": &phone[1..] }), "Hi", "wamid.in", now() - 60).await?;
    let picture = asset(&stepped, "picture.png", PNG).await?;
    let free = json!({ "template": {}, "message": "Look, [FIRSTNAME|you]!", "assetsUrls": [format!("s3://files/assets/{picture}")] });
    let (campaign, jobs) = dispatched(&stepped, &contacts::csv(1), free).await?;
    sender::handle(&stepped.app, jobs).await?;
    count(&stepped).await?;
    let arrivals = stepped.simulator.arrivals();
    let sent = arrivals.iter().find(|arrival| arrival.text.starts_with("Look, "));
    assert!(sent.is_some_and(|sent| matches!(sent.outcome, Outcome::Accepted)), "{arrivals:?}");
    let shown: Campaign = call(&stepped.app, "GET", &format!("/v3/campaigns/{campaign}"), Value::Null).await?;
    assert_eq!(shown.assets_urls, [format!("s3://files/assets/{picture}")]);
    // A new name is no new message.
    let path = format!("/v3/campaigns/{campaign}");
    let renamed: Campaign = call(&stepped.app, "PATCH", &path, json!({ "name": "Pictures" })).await?;
    assert_eq!((renamed.name.as_str(), renamed.status), ("Pictures", CampaignStatus::Processing));
    Ok(())
}

#[tokio::test]
async fn a_template_that_changed_or_a_number_that_is_blocked_holds_the_start_up() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let made = draft(&stepped.app, &contacts::csv(2), json!({})).await?;
    let start = format!("/v3/campaigns/{}/start", made.id);
    meta_does(&stepped, "templates", json!({ "name": "weekly_offer", "language": "en", "event": "PAUSED" })).await?;
    let problem = refused(&stepped.app, "POST", &start, json!({})).await?;
    assert_eq!(problem["errors"][0]["field"], "template.name");
    meta_does(&stepped, "templates", json!({ "name": "weekly_offer", "language": "en", "event": "UNPAUSED" })).await?;

    let restriction =
        json!({ "event": "RESTRICTION", "types": ["RESTRICTED_BIZ_INITIATED_MESSAGING"], "seconds": 86_400 });
    meta_does(&stepped, "account", restriction).await?;
    let problem = refused(&stepped.app, "POST", &start, json!({})).await?;
    assert!(problem["detail"].as_str().is_some_and(|why| why.starts_with("the number cannot send")), "{problem}");
    meta_does(&stepped, "account", json!({ "event": "LIFTED" })).await?;
    let started = act(&stepped.app, &made.id, "start").await?;
    assert_eq!(started.status, CampaignStatus::Processing);
    Ok(())
}

#[tokio::test]
async fn a_template_that_became_marketing_holds_the_start_up_until_it_is_given_anew() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let reminder = json!({ "name": "appointment_reminder", "language": "en", "header": [{ "text": "Monday" }], "body": [{ "column": "name" }, { "text": "10:00" }] });
    let made = draft(&stepped.app, &contacts::csv(1), with_template(reminder)).await?;
    let became =
        json!({ "name": "appointment_reminder", "language": "en", "event": "CATEGORY", "category": "MARKETING" });
    meta_does(&stepped, "templates", became).await?;
    let problem = refused(&stepped.app, "POST", &format!("/v3/campaigns/{}/start", made.id), json!({})).await?;
    assert_eq!(problem["errors"][0]["field"], "template.name", "{problem}");
    assert!(problem["errors"][0]["message"].as_str().is_some_and(|why| why.contains("was changed")), "{problem}");
    Ok(())
}

#[tokio::test]
async fn offers_take_the_way_of_offers_and_other_messages_the_usual_one() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    let offers = |read: &channels::ChannelRecord| channels::ChannelRecord { marketing_messages: true, ..read.clone() };
    channels::edit(&stepped.app, channel.workspace_id, &channel.id, offers).await?;
    // The account takes offers by the other way only.
    meta_does(&stepped, "account", json!({ "event": "MARKETING", "onCloudApi": "off" })).await?;
    let reminder = json!({ "name": "appointment_reminder", "language": "en", "header": [{ "text": "Monday" }], "body": [{ "column": "name" }, { "text": "10:00" }] });
    for template in [json!({ "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] }), reminder] {
        let (_, jobs) = dispatched(&stepped, &contacts::csv(2), with_template(template)).await?;
        sender::handle(&stepped.app, jobs).await?;
    }
    let arrivals = stepped.simulator.arrivals();
    let accepted = arrivals.iter().filter(|one| matches!(one.outcome, Outcome::Accepted)).count();
    assert_eq!((arrivals.len(), accepted), (4, 4), "{arrivals:?}");
    Ok(())
}

#[tokio::test]
async fn a_template_is_made_reviewed_changed_and_deleted() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel_id().await?;
    let picture = asset(&stepped, "picture.png", PNG).await?;
    let asked = json!({
        "channelId": channel, "name": "winter_sale", "language": "pt_BR", "category": "MARKETING",
        "headerFormat": "IMAGE", "headerAssetId": picture,
        "body": "Oi {{1}}, hoje tudo tem {{2}} de desconto na loja.", "examples": { "1": "Ana", "2": "10%" },
        "footer": "Responda SAIR", "buttons": [{ "type": "QUICK_REPLY", "text": "Sair" }],
    });
    let mut wrong = asked.clone();
    wrong["name"] = json!("Winter Sale");
    wrong["examples"] = json!({});
    let problem = refused(&stepped.app, "POST", "/v3/templates", wrong).await?;
    let fields: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(fields, ["name", "examples.1", "examples.2"]);

    let made: TemplateCreated = call(&stepped.app, "POST", "/v3/templates", asked.clone()).await?;
    assert_eq!((made.status.as_str(), made.category.as_str()), ("PENDING", "MARKETING"));
    let again = refused(&stepped.app, "POST", "/v3/templates", asked.clone()).await?;
    assert_eq!((again["status"].as_u64(), &again["errors"][0]["field"]), (Some(422), &json!("name")), "{again}");
    let path = format!("/v3/templates?channelId={channel}");
    let standing = async || {
        let list: TemplateList = call(&stepped.app, "GET", &path, Value::Null).await?;
        anyhow::Ok(list.items.into_iter().find(|one| one.id == made.id))
    };
    let pending = standing().await?;
    assert!(pending.is_some_and(|one| one.unusable_because.is_some()));
    let approved = async || anyhow::Ok(standing().await?.filter(|one| one.status == "APPROVED"));
    let approved: Template = until("the review", approved).await?;
    assert_eq!((approved.unusable_because, approved.buttons.len()), (None, 1));

    let one = format!("/v3/templates/{}", made.id);
    let begins: CreateTemplate = call(&stepped.app, "GET", &format!("{one}?channelId={channel}"), Value::Null).await?;
    let wanted: CreateTemplate = serde_json::from_value(asked.clone())?;
    assert_eq!(
        begins,
        CreateTemplate { header_asset_id: None, ..wanted },
        "but for its sample it is what was asked for"
    );
    let mut otherwise = asked.clone();
    otherwise["category"] = json!("UTILITY");
    otherwise["parameterFormat"] = json!("NAMED");
    let problem = refused(&stepped.app, "PUT", &one, otherwise).await?;
    let fields: Vec<&str> =
        problem["errors"].as_array().into_iter().flatten().filter_map(|one| one["field"].as_str()).collect();
    assert_eq!(fields, ["category", "parameterFormat"], "{problem}");
    let mut changed = asked.clone();
    changed["footer"] = json!("Responda PARAR");
    let shown: Template = call(&stepped.app, "PUT", &one, changed.clone()).await?;
    assert_eq!(shown.footer.as_deref(), Some("Responda PARAR"));
    changed["name"] = json!("summer_sale");
    let problem = refused(&stepped.app, "PUT", &one, changed).await?;
    assert_eq!(problem["errors"][0]["field"], "name");

    let delete = format!("{one}?channelId={channel}");
    for _ in 0..2 {
        // An answer without a body is no JSON.
        let answer = call::<Value>(&stepped.app, "DELETE", &delete, Value::Null).await;
        assert!(answer.is_err_and(|error| error.to_string().starts_with("EOF")));
    }
    assert!(standing().await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_change_begins_with_what_stands() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel_id().await?;
    let list: TemplateList =
        call(&stepped.app, "GET", &format!("/v3/templates?channelId={channel}"), Value::Null).await?;
    for name in ["dois_destaques", "oferta_de_48_horas", "codigo_de_acesso", "encuesta_de_compra"] {
        let standing = list.items.iter().find(|one| one.name == name).context("no template")?;
        let path = format!("/v3/templates/{}?channelId={channel}", standing.id);
        let begins: CreateTemplate = call(&stepped.app, "GET", &path, Value::Null).await?;
        assert_eq!(
            (&begins.name, &begins.language, &begins.offer),
            (&standing.name, &standing.language, &standing.offer)
        );
        assert_eq!((begins.cards.len(), begins.code.is_some()), (standing.cards.len(), name == "codigo_de_acesso"));
        assert_eq!(begins.message_send_ttl_seconds, (name == "codigo_de_acesso").then_some(600));
    }
    let nothing = format!("/v3/templates/1?channelId={channel}");
    let problem = refused(&stepped.app, "GET", &nothing, Value::Null).await?;
    assert_eq!(problem["status"].as_u64(), Some(404), "{problem}");
    Ok(())
}

#[tokio::test]
async fn a_template_that_was_paused_while_it_was_new_is_let_go_again() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel_id().await?;
    let list: TemplateList =
        call(&stepped.app, "GET", &format!("/v3/templates?channelId={channel}"), Value::Null).await?;
    let one =
        list.items.into_iter().find(|one| one.name == "weekly_offer").ok_or_else(|| anyhow::anyhow!("no template"))?;
    let unpause = format!("/v3/templates/{}/unpause?channelId={channel}", one.id);
    let problem = refused(&stepped.app, "POST", &unpause, json!({})).await?;
    assert_eq!(
        (problem["status"].as_u64(), problem["detail"].as_str()),
        (Some(409), Some("WhatsApp will not: The template is not paused."))
    );
    let paused = json!({ "name": "weekly_offer", "language": one.language, "event": "PAUSED", "pacing": true });
    meta_does(&stepped, "templates", paused).await?;
    let template: Template = call(&stepped.app, "POST", &unpause, json!({})).await?;
    assert_eq!((template.status.as_str(), template.unusable_because), ("APPROVED", None));
    Ok(())
}

/// The template of the simulated account with this name.
async fn built_in(stepped: &Stepped, name: &str) -> anyhow::Result<Template> {
    let path = format!("/v3/templates?channelId={}", stepped.channel_id().await?);
    let list: TemplateList = call(&stepped.app, "GET", &path, Value::Null).await?;
    list.items.into_iter().find(|one| one.name == name).with_context(|| format!("no template {name}"))
}

#[tokio::test]
async fn an_approved_template_is_changed_once_a_day_and_ten_times_a_month() -> anyhow::Result<()> {
    const DAY: i64 = 86_400;
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    let one = built_in(&stepped, "weekly_offer").await?;
    let path = format!("/v3/templates/{}", one.id);
    let changed = json!({
        "channelId": channel.id, "name": one.name, "language": one.language, "category": one.category,
        "body": "Hello {{1}}, everything in the shop is cheaper this week.", "examples": { "1": "Ana" },
    });
    for days in [0, 2, 3, 4, 5, 6, 7, 8, 9, 10] {
        let then = later(&stepped.app, days * DAY);
        template_deeds::note(&then, WORKSPACE, &channel.waba_id, Deed::Changed(&one.id)).await?;
    }
    let told = async |days: i64| {
        let problem = refused(&later(&stepped.app, days * DAY), "PUT", &path, changed.clone()).await?;
        assert_eq!(problem["status"].as_u64(), Some(409), "{problem}");
        anyhow::Ok(problem["detail"].as_str().unwrap_or_default().to_owned())
    };
    assert!(told(10).await?.contains("one change of an approved template in 24 hours: wait 24 h"));
    assert!(told(12).await?.contains("10 changes of an approved template in 30 days (days left: 18)"));
    let _changed: Template = call(&later(&stepped.app, 31 * DAY), "PUT", &path, changed.clone()).await?;
    Ok(())
}

#[tokio::test]
async fn an_account_is_given_a_hundred_templates_an_hour_and_no_name_that_was_just_deleted() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let channel = stepped.channel().await?;
    let one = built_in(&stepped, "coupon_code").await?;
    let asked = |name: &str| {
        json!({
            "channelId": channel.id, "name": name, "language": one.language, "category": "MARKETING",
            "body": "Hello {{1}}, everything in the shop is cheaper this week.", "examples": { "1": "Ana" },
        })
    };
    let delete = format!("/v3/templates/{}?channelId={}", one.id, channel.id);
    let answer = call::<Value>(&stepped.app, "DELETE", &delete, Value::Null).await;
    assert!(answer.is_err_and(|error| error.to_string().starts_with("EOF")), "an answer without a body is no JSON");
    let problem = refused(&stepped.app, "POST", "/v3/templates", asked("coupon_code")).await?;
    assert_eq!((problem["status"].as_u64(), &problem["errors"][0]["field"]), (Some(422), &json!("name")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("(days left: 30)")), "{problem}");

    let _made: TemplateCreated = call(&stepped.app, "POST", "/v3/templates", asked("autumn_sale")).await?;
    for _ in 0..99 {
        template_deeds::note(&stepped.app, WORKSPACE, &channel.waba_id, Deed::Made).await?;
    }
    let problem = refused(&stepped.app, "POST", "/v3/templates", asked("winter_sale")).await?;
    assert_eq!(problem["status"].as_u64(), Some(409), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|why| why.contains("100 new templates an hour")), "{problem}");
    let late = later(&stepped.app, 2 * 60 * 60);
    let _made: TemplateCreated = call(&late, "POST", "/v3/templates", asked("winter_sale")).await?;
    Ok(())
}
