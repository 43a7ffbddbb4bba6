//! What a rule set says of itself, and the table of sites.
//!
//! Both are TOML. A key that is not known is refused, so that a misspelt `effective_to` cannot
//! leave a set in force for ever. Deliberately absent: policies.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::RuleFault;

/// What a rule set says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its name; also the name of its folder.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// First civil day in force.
    #[serde(deserialize_with = "day")]
    pub effective_from: Date,
    /// Last civil day in force; `None` while it is in force.
    #[serde(default, deserialize_with = "some_day")]
    pub effective_to: Option<Date>,
    /// IANA time zone of the set's sites, for sites that the table of sites does not list.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// The set whose policies this one starts from.
    #[serde(default)]
    pub includes: Option<String>,
    /// Policies of that set, by id, that do not hold in this one.
    #[serde(default)]
    pub without: Vec<String>,
    /// False for a set that answers only where it is named.
    #[serde(default = "yes")]
    pub chosen: bool,
    /// For whom it is meant.
    pub scope: Scope,
}

/// For whom a rule set is meant. An empty list means all.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Components, by the booking feed's names.
    pub components: Vec<String>,
    /// Sites, by the booking feed's spellings.
    pub sites: Vec<String>,
}

impl Manifest {
    pub(super) fn read(text: &str) -> Result<Self, RuleFault> {
        let manifest: Self = toml::from_str(text)
            .map_err(|fault| RuleFault::Manifest { what: first_line(&fault) })?;
        if manifest.effective_to.is_some_and(|last| last < manifest.effective_from) {
            let what = format!("{}: effective_to is before effective_from", manifest.name);
            return Err(RuleFault::Manifest { what });
        }
        Ok(manifest)
    }

    /// Whether the set is in force on a civil day.
    pub fn in_force(&self, on: Date) -> bool {
        self.effective_from <= on && self.effective_to.is_none_or(|last| on <= last)
    }

    /// The first day in force, and the first on which it no longer is.
    pub(super) fn days_of_change(&self) -> impl Iterator<Item = Date> {
        let after = self.effective_to.and_then(|last| last.tomorrow().ok());
        std::iter::once(self.effective_from).chain(after)
    }
}

impl Scope {
    /// Whether a booking of this component at this site is meant.
    pub fn covers(&self, component: &str, site: &str) -> bool {
        let covers = |list: &[String], word: &str| {
            list.is_empty() || list.iter().any(|entry| entry.eq_ignore_ascii_case(word.trim()))
        };
        covers(&self.components, component) && covers(&self.sites, site)
    }

    /// How special it is: a site outranks a component, and a component outranks everybody.
    pub fn rank(&self) -> u8 {
        2 * u8::from(!self.sites.is_empty()) + u8::from(!self.components.is_empty())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteTable {
    site: Vec<SiteRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteRow {
    name: String,
    #[serde(default)]
    component: Option<String>,
    time_zone: String,
}

/// Time zones by site and, where a row names one, component.
#[derive(Clone, Debug)]
pub(super) struct Sites(BTreeMap<(String, Option<String>), TimeZone>);

impl Sites {
    pub(super) fn read(text: &str) -> Result<Self, RuleFault> {
        let table: SiteTable =
            toml::from_str(text).map_err(|fault| RuleFault::Sites { what: first_line(&fault) })?;
        let mut zones = BTreeMap::new();
        for row in table.site {
            let zone = time_zone(&row.time_zone)?;
            if zones.insert((key(&row.name), row.component.as_deref().map(key)), zone).is_some() {
                return Err(RuleFault::Sites { what: format!("{} stands there twice", row.name) });
            }
        }
        Ok(Self(zones))
    }

    /// A row for this component comes before a row for everybody.
    pub(super) fn zone(&self, component: &str, site: &str) -> Option<&TimeZone> {
        let site = key(site);
        self.0.get(&(site.clone(), Some(key(component)))).or_else(|| self.0.get(&(site, None)))
    }
}

pub(super) fn time_zone(name: &str) -> Result<TimeZone, RuleFault> {
    TimeZone::get(name).map_err(|_| RuleFault::TimeZone { name: name.to_owned() })
}

fn key(text: &str) -> String {
    text.trim().to_ascii_lowercase()
}

fn first_line(fault: &toml::de::Error) -> String {
    fault.message().lines().next().unwrap_or_default().to_owned()
}

fn day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn some_day<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
    day(from).map(Some)
}

fn yes() -> bool {
    true
}
