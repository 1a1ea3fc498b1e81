//! The role walk: every route with every role, with nobody, and with the ids of another workspace in its path, its body
//! and its query.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use campanile_tests::campaign::{call, call_with, draft, token};
use campanile_tests::contacts;
use campanile_tests::people;
use campanile_tests::stepped::Stepped;
use lambdas::api::{Needs, Route};
use lambdas::storage::access::{self, AccessRecord, Purpose};
use lambdas::storage::channels::{self, ChannelRecord};
use lambdas::storage::table::Written;
use lambdas::storage::{assets, files};
use lambdas::{App, importer};
use local::cloud::FILES_BUCKET;
use local::embedded::s3::PutEvent;
use local::events::s3_event;
use local::tables::{CONTACTS_TABLE, CONTROL_TABLE, MESSAGES_TABLE};
use local::whatsapp::WORKSPACE;
use serde_json::{Value, json};
use tower::ServiceExt;
use wire::{AssetUpload, Audience, Campaign, ChannelId, Export, ExportStatus, ListAudience, Role, Upload, WorkspaceId};

/// What anybody may ask: how to get in and out, and how the API works.
const OPEN: [&str; 9] = [
    "GET /v3/openapi.json",
    "GET /v3/docs",
    "POST /v3/sign-in",
    "GET /v3/sign-in/ways",
    "DELETE /v3/session",
    "POST /v3/session/refresh",
    "GET /v3/session/begin",
    "GET /v3/session/callback",
    "GET /r/{token}",
];

async fn answer(app: &Arc<App>, route: &Route, path: &str, token: Option<&str>) -> anyhow::Result<(StatusCode, Value)> {
    let request = Request::builder().method(route.method.clone()).uri(path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = match token {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => request,
    };
    let response = lambdas::api::router(Arc::clone(app)).oneshot(request.body(Body::from(body(route.path)))?).await?;
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await?;
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// A body that the route can read, so that its answer is about the id and not about the body.
fn body(path: &str) -> String {
    let body = match path {
        "/v3/campaigns/{id}/exports" => json!({ "format": "csv" }),
        "/v3/campaigns/{id}/unknowns" => json!({ "decision": "leave" }),
        "/v3/campaigns/{id}/try" => json!({ "to": ["+5511987654321"] }),
        "/v3/lists/{id}/audience" => json!({ "optInConfirmed": true }),
        _ => json!({}),
    };
    body.to_string()
}

/// Routes that look at their body first, and whose body this walk does not make up.
const BODY_FIRST: [&str; 2] = ["PUT /v3/templates/{id}", "POST /v3/contacts/{phone}/consents"];

/// The path with ids of nothing.
fn of_nothing(path: &str) -> String {
    path.replace("{id}", "01JD8ZQ0000000000000000001")
        .replace("{export}", "01JD8ZQ0000000000000000002")
        .replace("{delivery}", "01JD8ZQ0000000000000000002")
        .replace("{phone}", "5511900000000")
}

#[tokio::test]
async fn every_route_asks_for_its_role_and_refuses_those_below_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let mut walked = 0;
    for route in lambdas::api::table(&stepped.app) {
        let Needs::Role(needed) = route.needs else { continue };
        let (path, name) = (of_nothing(route.path), format!("{} {}", route.method, route.path));
        assert_eq!(answer(&stepped.app, &route, &path, None).await?.0, StatusCode::UNAUTHORIZED, "{name}");
        for role in Role::ALL {
            // A token each: what one request does must not open or close the next.
            let record = AccessRecord::owner(WORKSPACE, "Test").with(role);
            let token = access::grant(&stepped.app, Purpose::Token, &record).await?;
            let (status, body) = answer(&stepped.app, &route, &path, Some(&token)).await?;
            match role < needed {
                true => assert_eq!(status, StatusCode::FORBIDDEN, "{name} as {role:?}: {body}"),
                false => assert!(
                    status != StatusCode::FORBIDDEN && status != StatusCode::UNAUTHORIZED && !status.is_server_error(),
                    "{name} as {role:?}: {status} {body}"
                ),
            }
            walked += 1;
        }
    }
    assert!(walked > 4 * 60, "only {walked} were walked");
    Ok(())
}

#[tokio::test]
async fn only_the_ways_in_and_out_are_open_to_anybody() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let table = lambdas::api::table(&stepped.app);
    let open = table.iter().filter(|route| route.needs == Needs::Nothing);
    let open: BTreeSet<String> = open.map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(open, OPEN.iter().map(|&name| name.to_owned()).collect());
    for route in table.iter().filter(|route| route.needs == Needs::Nothing) {
        let (status, body) = answer(&stepped.app, route, route.path, None).await?;
        assert!(!status.is_server_error(), "{} {}: {status} {body}", route.method, route.path);
        assert!(body.get("workspaceId").is_none(), "{} {} tells of somebody", route.method, route.path);
    }
    Ok(())
}

/// As text that does not depend on the order in which fields were read.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: std::collections::BTreeMap<_, _> =
                fields.iter().map(|(name, value)| (name, sorted(value))).collect();
            format!("{fields:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}

/// All that lies in the tables but what a request itself leaves: tokens, keys, sessions, how many asked.
async fn everything(app: &App) -> anyhow::Result<BTreeSet<String>> {
    let mut lines = BTreeSet::new();
    for table in [CONTROL_TABLE, MESSAGES_TABLE, CONTACTS_TABLE] {
        let items = app.dynamodb.scan().table_name(table).send().await?.items.unwrap_or_default();
        for item in items {
            let of_walls = ["workspace#2", "access#", "asked#", "contacts#2", "2#"];
            let key = item.get("pk").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
            if !of_walls.iter().any(|prefix| key.starts_with(prefix)) {
                let fields: Value = serde_dynamo::from_item(item)?;
                lines.insert(format!("{table} {}", sorted(&fields)));
            }
        }
    }
    Ok(lines)
}

#[tokio::test]
async fn ids_of_another_workspace_are_not_found_on_any_route() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let channel = stepped.channel_id().await?;
    let list: Value = call(app, "POST", "/v3/lists", json!({ "name": "Mine", "filter": {} })).await?;
    let asset = json!({ "fileName": "a.png", "sizeBytes": 10, "contentType": "image/png" });
    let asset: Value = call(app, "POST", "/v3/assets", asset).await?;
    let member: Value = call(app, "POST", "/v3/members", json!({ "email": "a@example.com", "role": "viewer" })).await?;
    let made: Value = call(app, "POST", "/v3/tokens", json!({ "name": "CRM", "role": "viewer" })).await?;
    let export: Value = call(app, "POST", "/v3/contacts/export", json!({})).await?;
    let hours = json!({ "name": "Ours", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let hours: Value = call(app, "POST", "/v3/business-hours", hours).await?;
    let erased: Value = call(app, "POST", "/v3/people/erase", json!({ "phone": "+5511987650000" })).await?;
    let phone = "+5511987654321";
    let _: Value = call(app, "POST", "/v3/contacts", json!({ "phone": phone, "name": "Ana" })).await?;
    let hook = json!({ "url": "https://example.com/x", "events": ["campaign.paused"] });
    let hook: Value = call(app, "POST", "/v3/webhooks", hook).await?;
    let templates: Value = call(app, "GET", &format!("/v3/channels/{channel}/templates"), json!({})).await?;
    let id = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
    let ids = [
        ("/v3/campaigns/", campaign.id.to_string()),
        ("/v3/channels/", channel.to_string()),
        ("/v3/lists/", id(&list)),
        ("/v3/assets/", asset["assetId"].as_str().map_or_else(|| id(&asset), str::to_owned)),
        ("/v3/audiences/", campaign.audience_id.to_string()),
        ("/v3/members/", id(&member)),
        ("/v3/tokens/", id(&made)),
        ("/v3/contacts/export/", id(&export)),
        ("/v3/people/erasures/", id(&erased)),
        ("/v3/business-hours/", id(&hours)),
        ("/v3/webhooks/", id(&hook)),
        ("/v3/contacts/", phone.trim_start_matches('+').to_owned()),
        ("/v3/suppressions/", phone.trim_start_matches('+').to_owned()),
        ("/v3/templates/", id(&templates["items"][0])),
    ];
    let other = access::grant(app, Purpose::Token, &AccessRecord::owner(WorkspaceId(2), "Other")).await?;
    let before = everything(app).await?;
    let mut walked = 0;
    for route in
        lambdas::api::table(app).iter().filter(|route| route.path.contains('{') && route.needs != Needs::Nothing)
    {
        let (_, id) = ids
            .iter()
            .find(|(prefix, _)| route.path.starts_with(prefix))
            .with_context(|| format!("{} has no id to walk with: give this test one", route.path))?;
        assert!(!id.is_empty(), "{} has an empty id", route.path);
        let path = of_nothing(&route.path.replace("{id}", id).replace("{phone}", id));
        // A template's wall is that of the number whose account it belongs to.
        let path = match route.path {
            of if of.starts_with("/v3/templates/{id}") => format!("{path}?channelId={channel}"),
            _ => path,
        };
        let (status, body) = answer(app, route, &path, Some(&other)).await?;
        let is_number = route.path.starts_with("/v3/templates/{id}")
            && body["errors"][0]["message"] == "this workspace has no such channel";
        // A person's ledger belongs to whoever keeps one: the number is nobody's id.
        let is_own = route.path == "/v3/contacts/{phone}/consents" && route.method == Method::GET;
        // A deletion of what is not there is done already; that nothing went is looked at below.
        let is_gone = route.method == Method::DELETE && status == StatusCode::NO_CONTENT;
        let is_body = [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST].contains(&status);
        let name = format!("{} {}", route.method, route.path);
        let is_hidden =
            is_gone || is_number || status == StatusCode::NOT_FOUND || is_body && BODY_FIRST.contains(&name.as_str());
        assert!(is_hidden || is_own && status == StatusCode::OK, "{} {path}: {status} {body}", route.method);
        for told in ["Ana", "Mine", "CRM", "a@example.com"] {
            assert!(!body.to_string().contains(told), "{} {path} tells {told}: {body}", route.method);
        }
        walked += 1;
    }
    assert!(walked > 30, "only {walked} were walked");
    assert_eq!(everything(app).await?, before);
    Ok(())
}

/// Another workspace with all that a campaign needs: its token, and a request that it is right to make.
async fn neighbour(stepped: &Stepped) -> anyhow::Result<(String, Value)> {
    let (app, workspace) = (&stepped.app, WorkspaceId(2));
    let number = ChannelRecord {
        id: ChannelId("neighbour".to_owned()),
        workspace_id: workspace,
        phone_number_id: "999".to_owned(),
        ..stepped.channel().await?
    };
    assert_eq!(channels::create(app, &number).await?, Written::Done);
    let token = access::grant(app, Purpose::Token, &AccessRecord::owner(workspace, "Neighbour")).await?;
    let file = contacts::csv(2);
    let size = file.len() as u64;
    let announced = json!({ "fileName": "two.csv", "sizeBytes": size });
    let upload: Upload = call_with(&token, app, "POST", "/v3/uploads", announced).await?;
    let key = files::upload_key(workspace, &upload.audience_id);
    files::put(app, &key, "text/csv", file.into_bytes()).await?;
    importer::handle(app, s3_event(&PutEvent { bucket: FILES_BUCKET.to_owned(), key, size })?).await?;
    let request = json!({
        "name": "Theirs", "channelId": number.id, "audienceId": upload.audience_id,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    Ok((token, request))
}

/// A picture of the first workspace that has arrived.
async fn picture(app: &Arc<App>) -> anyhow::Result<AssetUpload> {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    let announced = json!({ "fileName": "picture.png", "sizeBytes": png.len() });
    let upload: AssetUpload = call(app, "POST", "/v3/assets", announced).await?;
    let key = assets::key(WORKSPACE, &upload.asset_id);
    files::put(app, &key, "application/octet-stream", png.to_vec()).await?;
    Ok(upload)
}

/// The request with these fields in the place of its own.
fn laid_over(request: &Value, fields: &Value) -> Value {
    let mut request = request.clone();
    for (field, value) in fields.as_object().into_iter().flatten() {
        request[field] = value.clone();
    }
    request
}

#[tokio::test]
async fn ids_of_another_workspace_are_refused_by_the_field_that_names_them() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let channel = stepped.channel_id().await?;
    let campaign = draft(app, &contacts::csv(3), json!({})).await?;
    let picture = picture(app).await?;
    let hours = json!({ "name": "Ours", "days": ["mon"], "from": "09:00", "to": "18:00", "timeZone": "UTC" });
    let hours: Value = call(app, "POST", "/v3/business-hours", hours).await?;
    let hook = json!({ "url": "https://example.com/x", "events": ["campaign.paused"] });
    let hook: Value = call(app, "POST", "/v3/webhooks", hook).await?;
    let shows = json!({
        "name": "colecao_de_verao", "language": "pt_BR", "body": [{ "column": "name" }],
        "headerMedia": { "assetId": picture.asset_id },
    });
    let looks = json!({ "message": "Look", "assetsUrls": [picture.asset_url] });
    let named = [
        ("channelId", json!({ "channelId": channel })),
        ("audienceId", json!({ "audienceId": campaign.audience_id })),
        ("leadsAssetUrl", json!({ "audienceId": null, "leadsAssetUrl": campaign.leads_asset_url })),
        ("businessHoursId", json!({ "businessHoursId": hours["id"] })),
        ("replies.webhookId", json!({ "replies": { "webhookId": hook["id"] } })),
        ("template.headerMedia", json!({ "template": shows })),
        ("assetsUrls.0", json!({ "template": null, "message": "Look", "assetsUrls": [picture.asset_url] })),
        ("variants.1.assetsUrls.0", json!({ "template": null, "variants": [{ "message": "Hi" }, looks] })),
    ];

    // Its own workspace makes a campaign of each: what the other is told is about the walls.
    let ours = json!({
        "name": "Ours", "channelId": channel, "audienceId": campaign.audience_id,
        "template": { "name": "weekly_offer", "language": "en", "body": [{ "column": "name" }] },
    });
    for (_, fields) in &named {
        call::<Campaign>(app, "POST", "/v3/campaigns", laid_over(&ours, fields)).await?;
    }

    let (other, theirs) = neighbour(&stepped).await?;
    let draft: Campaign = call_with(&other, app, "POST", "/v3/campaigns", theirs.clone()).await?;
    let path = format!("/v3/campaigns/{}", draft.id);
    let standing: Value = call_with(&other, app, "GET", &path, Value::Null).await?;
    let before = everything(app).await?;
    for (field, fields) in &named {
        let mut asked = vec![("POST", "/v3/campaigns", laid_over(&theirs, fields))];
        // A campaign never changes its number.
        if *field != "channelId" {
            asked.push(("PATCH", path.as_str(), fields.clone()));
        }
        for (method, path, body) in asked {
            let (status, told) = people::answer(&stepped, &other, method, path, body).await?;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{method} with {field}: {told}");
            assert_eq!(told["errors"][0]["field"], *field, "{method}: {told}");
            assert_eq!(told["errors"].as_array().map(Vec::len), Some(1), "{method}: {told}");
            for secret in ["Ours", "contacts.csv", "picture.png", "example.com"] {
                assert!(!told.to_string().contains(secret), "{method} with {field} tells {secret}: {told}");
            }
        }
    }
    let (status, told) = people::answer(&stepped, &other, "PATCH", &path, json!({ "channelId": channel })).await?;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{told}");
    let sample = json!({
        "channelId": theirs["channelId"], "name": "winter_sale", "language": "pt_BR", "category": "MARKETING",
        "headerFormat": "IMAGE", "headerAssetId": picture.asset_id, "body": "Hoje tudo tem desconto na loja.",
    });
    let (status, told) = people::answer(&stepped, &other, "POST", "/v3/templates", sample).await?;
    assert_eq!((status, &told["errors"][0]["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("headerAssetId")));
    assert_eq!(call_with::<Value>(&other, app, "GET", &path, Value::Null).await?, standing);
    let all: Value = call_with(&other, app, "GET", "/v3/campaigns", Value::Null).await?;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
    assert_eq!(everything(app).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_number_of_another_workspace_opens_no_list_of_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let app = &stepped.app;
    let channel = stepped.channel_id().await?;
    let phone = "+5511987654321";
    let person = json!({ "phone": phone, "name": "Ana" });
    let _: Value = call(app, "POST", "/v3/contacts", person.clone()).await?;
    people::write(&stepped, json!({ "from": &phone[1..] }), "Hello", "wamid.in.1", people::now()).await?;
    draft(app, &contacts::csv(3), json!({})).await?;
    let listed = json!({ "phones": [phone], "channelId": channel });
    let _: Value = call(app, "POST", "/v3/suppressions", listed.clone()).await?;
    let spoke = json!({ "channel": { "id": channel, "spoke": "here" } });
    let counted = json!({ "filter": spoke });
    let in_query = spoke.to_string().replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let listings = [format!("/v3/campaigns?channelId={channel}"), format!("/v3/contacts?filter={in_query}")];

    let owner = token(app).await?;
    let (other, _) = neighbour(&stepped).await?;
    // The same person is in its book, and wrote it nothing.
    let _: Value = call_with(&other, app, "POST", "/v3/contacts", person).await?;
    let list: Value = call_with(&other, app, "POST", "/v3/lists", json!({ "name": "Theirs" })).await?;
    let before = everything(app).await?;
    let of_list = format!("/v3/lists/{}", list["id"].as_str().unwrap_or_default());
    let of_audience = format!("{of_list}/audience");
    let of_person = format!("/v3/suppressions/{}?channelId={channel}", &phone[1..]);
    let templates = format!("/v3/templates?channelId={channel}");
    for (method, path, body, expected) in [
        ("POST", "/v3/suppressions", listed, StatusCode::UNPROCESSABLE_ENTITY),
        ("DELETE", of_person.as_str(), Value::Null, StatusCode::NOT_FOUND),
        ("POST", "/v3/templates", json!({ "channelId": channel }), StatusCode::UNPROCESSABLE_ENTITY),
        ("GET", templates.as_str(), Value::Null, StatusCode::UNPROCESSABLE_ENTITY),
        ("POST", "/v3/lists", json!({ "name": "Mine", "filter": spoke }), StatusCode::UNPROCESSABLE_ENTITY),
        ("PATCH", of_list.as_str(), counted.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("POST", of_audience.as_str(), spoke.clone(), StatusCode::UNPROCESSABLE_ENTITY),
        ("POST", "/v3/contacts/labels", json!({ "add": ["x"], "filter": spoke }), StatusCode::OK),
    ] {
        let (status, told) = people::answer(&stepped, &other, method, path, body).await?;
        assert_eq!(status, expected, "{method} {path}: {told}");
    }

    for (token, found) in [(&owner, 1_usize), (&other, 0)] {
        let count: Value = call_with(token, app, "POST", "/v3/lists/count", counted.clone()).await?;
        assert_eq!(count["contacts"], found, "{count}");
        for path in &listings {
            let page: Value = call_with(token, app, "GET", path, Value::Null).await?;
            assert_eq!(page["items"].as_array().map(Vec::len), Some(found), "{path}: {page}");
        }
    }
    assert_eq!(everything(app).await?, before);

    let export: Export = call_with(&other, app, "POST", "/v3/contacts/export", counted).await?;
    importer::errands::handle(app, stepped.take(&app.config.errand_queue_url).await?).await?;
    let path = format!("/v3/contacts/export/{}", export.id);
    let export: Export = call_with(&other, app, "GET", &path, Value::Null).await?;
    assert_eq!((export.status, export.contacts), (ExportStatus::Ready, 0));

    let agreed = json!({ "optInConfirmed": true });
    let made: ListAudience = call_with(&other, app, "POST", &of_audience, agreed).await?;
    importer::errands::handle(app, stepped.take(&app.config.errand_queue_url).await?).await?;
    let path = format!("/v3/audiences/{}", made.audience_id);
    let audience: Audience = call_with(&other, app, "GET", &path, Value::Null).await?;
    assert_eq!(audience.recipients, 1, "of its own book: {audience:?}");
    assert!(before.is_subset(&everything(app).await?), "what the first workspace has was changed");
    Ok(())
}
