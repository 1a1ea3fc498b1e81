//! Scopes: parts of the API, to which a token for another system may be narrowed beside its role.

use serde::{Deserialize, Serialize};

/// A part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Campaigns with their people, files, audiences and assets; notices.
    Campaigns,
    /// The contact book: contacts, lists, suppressions, what one person may ask for.
    Contacts,
    /// The sums of a period.
    Reports,
    /// Message templates.
    Templates,
    /// Numbers that send.
    Channels,
    /// Webhooks to other systems.
    Webhooks,
    /// Settings, business hours and the rate card.
    Settings,
    /// Members and tokens.
    Team,
}

impl Area {
    /// All of them.
    pub const ALL: [Area; 8] = [
        Area::Campaigns,
        Area::Contacts,
        Area::Reports,
        Area::Templates,
        Area::Channels,
        Area::Webhooks,
        Area::Settings,
        Area::Team,
    ];

    /// The scope that reads here.
    pub fn read(self) -> Scope {
        match self {
            Area::Campaigns => Scope::CampaignsRead,
            Area::Contacts => Scope::ContactsRead,
            Area::Reports => Scope::ReportsRead,
            Area::Templates => Scope::TemplatesRead,
            Area::Channels => Scope::ChannelsRead,
            Area::Webhooks => Scope::WebhooksRead,
            Area::Settings => Scope::SettingsRead,
            Area::Team => Scope::TeamRead,
        }
    }

    /// The scope that writes here, and reads; nothing where there is nothing to write.
    pub fn write(self) -> Option<Scope> {
        match self {
            Area::Campaigns => Some(Scope::CampaignsWrite),
            Area::Contacts => Some(Scope::ContactsWrite),
            Area::Reports => None,
            Area::Templates => Some(Scope::TemplatesWrite),
            Area::Channels => Some(Scope::ChannelsWrite),
            Area::Webhooks => Some(Scope::WebhooksWrite),
            Area::Settings => Some(Scope::SettingsWrite),
            Area::Team => Some(Scope::TeamWrite),
        }
    }
}

/// What a token that is narrowed may do, as far as its role goes. Who may write may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Sees campaigns, their people, reports and files; notices.
    #[serde(rename = "campaigns:read")]
    CampaignsRead,
    /// Makes and runs campaigns; uploads audiences and assets.
    #[serde(rename = "campaigns:write")]
    CampaignsWrite,
    /// Sees contacts, lists and suppressions.
    #[serde(rename = "contacts:read")]
    ContactsRead,
    /// Changes them, and exports and erases people.
    #[serde(rename = "contacts:write")]
    ContactsWrite,
    /// Sees the sums of a period.
    #[serde(rename = "reports:read")]
    ReportsRead,
    /// Sees message templates.
    #[serde(rename = "templates:read")]
    TemplatesRead,
    /// Changes them.
    #[serde(rename = "templates:write")]
    TemplatesWrite,
    /// Sees the numbers that send, their health and templates.
    #[serde(rename = "channels:read")]
    ChannelsRead,
    /// Changes them.
    #[serde(rename = "channels:write")]
    ChannelsWrite,
    /// Sees webhooks and what became of their deliveries.
    #[serde(rename = "webhooks:read")]
    WebhooksRead,
    /// Changes them.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Sees settings, business hours and the rate card.
    #[serde(rename = "settings:read")]
    SettingsRead,
    /// Changes them.
    #[serde(rename = "settings:write")]
    SettingsWrite,
    /// Sees who works here, and tokens.
    #[serde(rename = "team:read")]
    TeamRead,
    /// Lets people in, who are not narrowed: as much as everything.
    #[serde(rename = "team:write")]
    TeamWrite,
}

impl Scope {
    /// As it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::CampaignsRead => "campaigns:read",
            Scope::CampaignsWrite => "campaigns:write",
            Scope::ContactsRead => "contacts:read",
            Scope::ContactsWrite => "contacts:write",
            Scope::ReportsRead => "reports:read",
            Scope::TemplatesRead => "templates:read",
            Scope::TemplatesWrite => "templates:write",
            Scope::ChannelsRead => "channels:read",
            Scope::ChannelsWrite => "channels:write",
            Scope::WebhooksRead => "webhooks:read",
            Scope::WebhooksWrite => "webhooks:write",
            Scope::SettingsRead => "settings:read",
            Scope::SettingsWrite => "settings:write",
            Scope::TeamRead => "team:read",
            Scope::TeamWrite => "team:write",
        }
    }

    /// Where it is.
    pub fn area(self) -> Area {
        match self {
            Scope::CampaignsRead | Scope::CampaignsWrite => Area::Campaigns,
            Scope::ContactsRead | Scope::ContactsWrite => Area::Contacts,
            Scope::ReportsRead => Area::Reports,
            Scope::TemplatesRead | Scope::TemplatesWrite => Area::Templates,
            Scope::ChannelsRead | Scope::ChannelsWrite => Area::Channels,
            Scope::WebhooksRead | Scope::WebhooksWrite => Area::Webhooks,
            Scope::SettingsRead | Scope::SettingsWrite => Area::Settings,
            Scope::TeamRead | Scope::TeamWrite => Area::Team,
        }
    }

    /// Whether whoever has this one may do what needs the other.
    pub fn covers(self, needed: Scope) -> bool {
        self == needed || needed.area().write() == Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_is_named_for_its_area_and_stands_so_in_json() {
        for area in Area::ALL {
            for scope in [Some(area.read()), area.write()].into_iter().flatten() {
                assert_eq!(scope.area(), area);
                assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
                assert_eq!(serde_json::from_value::<Scope>(scope.as_str().into()).unwrap(), scope);
            }
        }
    }

    #[test]
    fn who_writes_reads_and_nobody_reaches_into_another_area() {
        assert!(Scope::CampaignsWrite.covers(Scope::CampaignsRead) && Scope::TeamRead.covers(Scope::TeamRead));
        assert!(!Scope::CampaignsRead.covers(Scope::CampaignsWrite));
        assert!(!Scope::CampaignsWrite.covers(Scope::ContactsRead) && !Scope::TeamWrite.covers(Scope::ReportsRead));
    }
}
