//! Hours that are saved under a name: a campaign takes a copy of them.

use std::collections::BTreeSet;

use campanile_tests::campaign::{act, call, call_with, refused};
use campanile_tests::stepped::Stepped;
use chrono::{Duration, Utc};
use lambdas::dispatcher;
use lambdas::storage::access::{self, AccessRecord, Purpose};
use serde_json::{Value, json};
use wire::{Campaign, SavedHours, WorkspaceId};

use super::{created, fields, hours, whole, with};

#[tokio::test]
async fn saved_hours_are_copied_into_the_campaign_and_bind_it() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    // Closed now, whatever the time is: the hours begin in three hours by the clock of a place without summer time.
    let zone = "Etc/GMT";
    let opens = Utc::now() + Duration::hours(3);
    let (from, to) = (opens.format("%H:00").to_string(), opens.format("%H:59").to_string());
    let asked = json!({ "name": "Later", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": from, "to": to, "timeZone": zone });
    let saved: SavedHours = call(&stepped.app, "POST", "/v3/business-hours", asked).await?;
    let mut body = whole(&stepped, 2).await?;
    for field in ["scheduledTo", "originalScheduledTo"] {
        body.as_object_mut().expect("a request").remove(field);
    }
    let campaign = created(&stepped, &with(&body, "businessHoursId", json!(saved.id))).await?;
    assert_eq!(
        (campaign.business_hours_id.as_ref(), campaign.business_hours.as_ref()),
        (Some(&saved.id), Some(&saved.hours))
    );

    act(&stepped.app, &campaign.id, "start").await?;
    let nudge = stepped.take(&stepped.app.config.nudge_queue_url).await?;
    dispatcher::handle(&stepped.app, dispatcher::Event::Nudges(nudge)).await?;
    let path = format!("/v3/campaigns/{}", campaign.id);
    let waiting: Campaign = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!(waiting.waiting_for, Some(wire::WaitReason::Window));
    assert_eq!(waiting.next_scheduled_to.map(|at| at.format("%H:%M").to_string()), Some(from));

    // What becomes of the saved hours is nothing to the campaign.
    let one = format!("/v3/business-hours/{}", saved.id);
    let edited: SavedHours = call(&stepped.app, "PATCH", &one, json!({ "from": "00:00", "to": "24:00" })).await?;
    assert_eq!((edited.version, edited.hours.from.as_str()), (2, "00:00"));
    let stale = refused(&stepped.app, "PATCH", &one, json!({ "name": "x", "version": 1 })).await?;
    assert_eq!(stale["type"], "conflict");
    let kept: Campaign = call(&stepped.app, "GET", &path, Value::Null).await?;
    assert_eq!(kept.business_hours.as_ref(), Some(&saved.hours));
    let copy: Campaign = call(&stepped.app, "POST", &format!("{path}/clone"), Value::Null).await?;
    assert_eq!((copy.business_hours_id, copy.business_hours), (Some(saved.id), Some(saved.hours)));

    // An edit takes them as they are now; no others beside.
    let taken: Campaign = call(&stepped.app, "PATCH", &path, json!({ "businessHoursId": edited.id })).await?;
    assert_eq!((taken.business_hours_id, taken.business_hours), (Some(edited.id.clone()), Some(edited.hours.clone())));
    let both = json!({ "businessHoursId": edited.id, "businessHours": edited.hours });
    let nobodys = json!({ "businessHoursId": "01JD8ZQ0000000000000000000" });
    for wrong in [both, nobodys] {
        let refusal = refused(&stepped.app, "PATCH", &path, wrong).await?;
        assert_eq!(fields(&refusal), BTreeSet::from(["businessHoursId".to_owned()]));
    }

    // Hours of its own are a copy of none.
    let own = json!({ "businessHours": { "days": ["mon"], "from": "09:00", "to": "10:00", "timeZone": "Etc/GMT" } });
    let edited: Campaign = call(&stepped.app, "PATCH", &path, own).await?;
    assert_eq!(edited.business_hours_id, None);
    Ok(())
}

#[tokio::test]
async fn a_null_id_takes_the_hours_away_unless_others_are_given() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let saved = hours(&stepped, "09:00", "18:00").await?;
    let campaign = created(&stepped, &with(&whole(&stepped, 1).await?, "businessHoursId", json!(saved.id))).await?;
    assert_eq!(campaign.business_hours_id.as_ref(), Some(&saved.id));
    let path = format!("/v3/campaigns/{}", campaign.id);
    let named: Campaign = call(&stepped.app, "PATCH", &path, json!({ "name": "Kept" })).await?;
    assert_eq!((named.business_hours_id, named.business_hours), (Some(saved.id.clone()), Some(saved.hours.clone())));

    let again = json!({ "businessHoursId": saved.id });
    for none in [Value::Null, json!("")] {
        let none = json!({ "businessHoursId": none });
        let edited: Campaign = call(&stepped.app, "PATCH", &path, none).await?;
        assert_eq!((edited.business_hours_id, edited.business_hours), (None, None));
        let edited: Campaign = call(&stepped.app, "PATCH", &path, again.clone()).await?;
        assert_eq!(edited.business_hours.as_ref(), Some(&saved.hours));
    }
    let own = json!({ "businessHoursId": null, "businessHours": saved.hours });
    let edited: Campaign = call(&stepped.app, "PATCH", &path, own).await?;
    assert_eq!((edited.business_hours_id, edited.business_hours), (None, Some(saved.hours)));
    Ok(())
}

#[tokio::test]
async fn saved_hours_are_listed_checked_and_deleted() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let saved = hours(&stepped, "09:00", "18:00").await?;
    let all: Value = call(&stepped.app, "GET", "/v3/business-hours", Value::Null).await?;
    assert_eq!(all["items"][0], serde_json::to_value(&saved)?);
    let wrong = json!({ "name": "", "days": ["someday"], "from": "9", "to": "08:00", "timeZone": "Mars" });
    let problem = refused(&stepped.app, "POST", "/v3/business-hours", wrong).await?;
    assert_eq!(fields(&problem), ["days", "from", "name", "timeZone"].map(str::to_owned).into());
    let one = format!("/v3/business-hours/{}", saved.id);
    let shown: SavedHours = call(&stepped.app, "GET", &one, Value::Null).await?;
    assert_eq!(shown, saved);
    lambdas::storage::business_hours::delete(&stepped.app, local::whatsapp::WORKSPACE, &saved.id).await?;
    assert_eq!(refused(&stepped.app, "GET", &one, Value::Null).await?["type"], "notFound");
    assert_eq!(refused(&stepped.app, "DELETE", &one, Value::Null).await?["type"], "notFound");
    Ok(())
}

#[tokio::test]
async fn saved_hours_of_another_workspace_do_not_exist() -> anyhow::Result<()> {
    let stepped = Stepped::open().await?;
    let saved = hours(&stepped, "09:00", "18:00").await?;
    let (one, app) = (format!("/v3/business-hours/{}", saved.id), &stepped.app);
    let other = AccessRecord::owner(WorkspaceId(2), "Other");
    let token = access::grant(app, Purpose::Token, &other).await?;
    for method in ["GET", "PATCH", "DELETE"] {
        let answer = call_with::<Value>(&token, app, method, &one, json!({ "name": "Mine" })).await;
        assert!(answer.is_err_and(|refused| refused.to_string().contains("404")), "{method}");
    }
    let all: Value = call_with(&token, app, "GET", "/v3/business-hours", Value::Null).await?;
    assert_eq!(all["items"], json!([]));
    let shown: SavedHours = call(app, "GET", &one, Value::Null).await?;
    assert_eq!(shown, saved);
    Ok(())
}
