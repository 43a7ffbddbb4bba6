//! The people who work in the demonstration: one account a role, and ids that follow the seed.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::tz::Offset;
use journey::actor::Role;
use journey::ids::AccountId;
use service::{Actor, Ids, OpContext, Programme};
use store::custody::account::Grant;
use world::Month;
use world::month::OFFSET_SECONDS;

/// Ids that follow the seed: the same month gives the same numbers.
pub(super) struct SeededIds {
    seed: u64,
    count: AtomicU64,
}

impl SeededIds {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn text(&self, count: u64) -> String {
        let mut bytes = [0; 12];
        let (high, low) = bytes.split_at_mut(8);
        high.copy_from_slice(&mixed(self.seed ^ count).to_be_bytes());
        let rest = mixed(count.wrapping_add(1 << 32)).to_be_bytes();
        low.copy_from_slice(rest.split_at(4).0);
        data_encoding::BASE32_NOPAD.encode(&bytes)
    }

    /// The number that was given out last: what the label printer printed.
    pub(super) fn last_number(&self) -> String {
        self.text(self.count.load(Ordering::Relaxed).wrapping_sub(1))
    }
}

impl Ids for SeededIds {
    fn id(&self) -> String {
        uuid::Uuid::from_u64_pair(self.seed, self.next()).to_string()
    }

    fn number(&self) -> String {
        let count = self.next();
        self.text(count)
    }
}

/// Spreads a counter over 64 bits without collisions (the finalizer of SplitMix64, Steele et al.
/// 2014, which is a bijection).
fn mixed(count: u64) -> u64 {
    let mut value = count.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// The accounts of the demonstration.
pub(super) struct Cast {
    /// Source of ids.
    pub(super) ids: SeededIds,
    /// Password of all accounts; random, shown once.
    pub(super) password: String,
    actors: Vec<Actor>,
}

/// The instant before the month begins.
pub(super) fn eve(month: &Month) -> Timestamp {
    let eve = month.settings.first_day.yesterday().unwrap_or(month.settings.first_day);
    at(eve, 8)
}

/// An hour of a day on the site's clock.
pub(super) fn at(day: jiff::civil::Date, hour: i8) -> Timestamp {
    let offset = Offset::from_seconds(OFFSET_SECONDS).unwrap_or(Offset::UTC);
    offset.to_timestamp(day.at(hour, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl Cast {
    /// Creates the accounts: one a role, collectors and clerks for every site, one casework
    /// analyst a laboratory.
    pub(super) fn hire(programme: &Programme, month: &Month) -> anyhow::Result<Self> {
        let ids = SeededIds { seed: month.settings.seed, count: AtomicU64::new(1) };
        let password = password()?;
        let mut actors = Vec::new();
        {
            let actor = Actor::programme();
            let purpose = "demonstration".to_owned();
            let mut op = OpContext { at: eve(month), actor, purpose, ids: &ids };
            let first = AccountId::new("administrator");
            programme.create_first_account(&op, &first, &password)?;
            op.actor = programme.actor(&first)?;
            for (name, grants) in jobs(month) {
                let name = AccountId::new(name);
                programme.create_account(&op, &name, &password, &grants)?;
                actors.push(programme.actor(&name)?);
            }
            actors.push(op.actor);
        }
        Ok(Self { ids, password, actors })
    }

    /// Names of all accounts.
    pub(super) fn names(&self) -> Vec<&str> {
        self.actors.iter().map(|actor| actor.account.as_str()).collect()
    }

    /// The account of this name acts at an instant.
    pub(super) fn act(&self, name: &str, at: Timestamp) -> OpContext<'_> {
        let actor = self.actors.iter().find(|actor| actor.account.as_str() == name);
        let actor = actor.cloned().unwrap_or_else(Actor::programme);
        OpContext { at, actor, purpose: "demonstration".to_owned(), ids: &self.ids }
    }
}

/// Name of the casework analyst of a laboratory.
pub(super) fn casework(ori: &str) -> String {
    format!("casework-{}", ori.to_ascii_lowercase())
}

fn jobs(month: &Month) -> Vec<(String, Vec<Grant>)> {
    let at_sites = |role: Role| {
        let grant = |site: &journey::ids::Site| Grant { role, site: site.to_string() };
        month.sites.iter().map(grant).collect::<Vec<_>>()
    };
    let everywhere = |role: Role| vec![Grant { role, site: "*".to_owned() }];
    let mut jobs = vec![
        ("collector".to_owned(), at_sites(Role::Collector)),
        ("kit-clerk".to_owned(), at_sites(Role::KitClerk)),
    ];
    let central = [
        Role::Accessioner,
        Role::Analyst,
        Role::Reviewer,
        Role::IndexCustodian,
        Role::PrivacyOfficer,
        Role::ProgramManager,
        Role::Auditor,
    ];
    jobs.extend(central.iter().map(|role| (role.word().to_owned(), everywhere(*role))));
    for laboratory in &month.laboratories {
        let ori = laboratory.ori.as_str();
        let grant = Grant { role: Role::CaseworkAnalyst, site: ori.to_owned() };
        jobs.push((casework(ori), vec![grant]));
    }
    jobs
}

fn password() -> anyhow::Result<String> {
    let mut bytes = [0; 15];
    getrandom::fill(&mut bytes).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(data_encoding::BASE32_NOPAD.encode(&bytes).to_lowercase())
}
