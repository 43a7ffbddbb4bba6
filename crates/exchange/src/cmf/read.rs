//! Reading, field by field: a specimen with anything wrong is left out whole, the file goes on.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::BufRead;

use genetics::{Allele, AlleleKind, Category, Genotype};
use jiff::civil::DateTime;
use journey::ids::{Ori, SpecimenNumber};
use journey::upload::provenance::SourceIdentified;

use crate::cmf::tree::{Element, Next, Trees};
use crate::cmf::{Header, RapidHeader, RapidSpecimen, Reading, Specimen, Version};
use crate::problem::{Problem, Problems};

/// What a file said besides its specimens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The version as which it was read, where the root was one.
    pub version: Option<Version>,
    /// The header, where it was sound.
    pub header: Option<Header>,
    /// Specimens handed over.
    pub specimens: u64,
    /// Specimens left out.
    pub left_out: u64,
    /// What is wrong, with its line.
    pub problems: Vec<Problem>,
}

/// Reads a file specimen by specimen. `wanted` is a version to hold it against; without one a file
/// of laboratories is read as CMF 2017, which contains 3.2.
///
/// Held at a time: one specimen, and eight bytes for each number seen, by which repeats are told.
/// Two numbers that fall together by chance would be one repeat too many: less than one in a
/// million for a file of a million specimens.
///
/// # Errors
/// What `take` gives back.
pub fn read<E>(
    input: impl BufRead,
    wanted: Option<Version>,
    mut take: impl FnMut(u64, Specimen) -> Result<(), E>,
) -> Result<Read, E> {
    let mut reading = Stream::new(input, wanted);
    while let Some((row, specimen)) = reading.next() {
        take(row, specimen)?;
    }
    Ok(reading.finish())
}

/// The reading of one file.
struct Stream<R> {
    trees: Trees<R>,
    wanted: Option<Version>,
    version: Option<Version>,
    /// Elements of the header, until the first specimen comes.
    head: Vec<Element>,
    header: Option<Header>,
    is_open: bool,
    seen: HashSet<u64>,
    specimens: u64,
    left_out: u64,
    problems: Problems,
}

impl<R: BufRead> Stream<R> {
    fn new(input: R, wanted: Option<Version>) -> Self {
        Self {
            trees: Trees::new(input).expanding_empty(),
            wanted,
            version: None,
            head: Vec::new(),
            header: None,
            is_open: true,
            seen: HashSet::new(),
            specimens: 0,
            left_out: 0,
            problems: Problems::default(),
        }
    }

    /// The next sound specimen.
    fn next(&mut self) -> Option<(u64, Specimen)> {
        while self.is_open {
            match self.trees.next() {
                Ok(Next::Root(root)) => self.root(&root),
                Ok(Next::Child(element)) if element.name == "SPECIMEN" => {
                    let first = self.specimens + self.left_out == 0;
                    if first {
                        self.read_header();
                    }
                    if let Some(specimen) = self.specimen(&element) {
                        return Some((element.row, specimen));
                    }
                }
                Ok(Next::Child(element)) => self.head.push(element),
                Ok(Next::End) => self.end(),
                Err(problem) => {
                    self.problems.push(problem);
                    self.is_open = false;
                }
            }
            if self.head.len() > 64 {
                let wrong = "more than 64 elements stand before the first specimen";
                self.problems.push(Problem::error(1, "", wrong, "the header of the format"));
                self.is_open = false;
            }
        }
        None
    }

    fn root(&mut self, root: &Element) {
        let is_namespace =
            |(key, _): &&(String, String)| key == "xmlns" || key.starts_with("xmlns:");
        let fits = |version: &Version| {
            let namespace = version.namespace();
            let mut namespaces = root.attributes.iter().filter(is_namespace);
            root.name == version.root() && namespaces.any(|(_, value)| value == namespace)
        };
        let found = [Version::Cmf2017, Version::RapidR16].into_iter().find(fits);
        match (found, self.wanted) {
            (Some(found), Some(wanted)) if found.root() == wanted.root() => {
                self.version = Some(wanted);
            }
            (Some(found), None) => self.version = Some(found),
            (found, wanted) => {
                let wrong = match found {
                    Some(found) => format!("the file is {}", found.word()),
                    None => "neither root nor namespace is of a CMF".to_owned(),
                };
                let right = wanted.map_or("CODISImportFile or CODISRapidImportFile", Version::root);
                let problem =
                    Problem::error(root.row, &root.name, wrong, format!("a file {right}"));
                self.problems.push(problem);
                self.is_open = false;
            }
        }
    }

    fn end(&mut self) {
        self.is_open = false;
        if self.specimens + self.left_out == 0 {
            self.read_header();
            let wrong = "the file holds no specimen";
            self.problems.push(Problem::error(1, "", wrong, "at least one SPECIMEN"));
        }
    }

    fn read_header(&mut self) {
        let Some(version) = self.version else { return };
        let head = std::mem::take(&mut self.head);
        let mut fields = Fields { version, problems: &mut self.problems, spoilt: false };
        let header = if version.is_rapid() {
            rapid_header(&mut fields, &head)
        } else {
            header(&mut fields, &head)
        };
        let spoilt = fields.spoilt;
        self.header = header.filter(|_| !spoilt);
    }

    fn specimen(&mut self, element: &Element) -> Option<Specimen> {
        let version = self.version?;
        let mut fields = Fields { version, problems: &mut self.problems, spoilt: false };
        let mut specimen = specimen(&mut fields, element);
        if let Some(one) = &specimen {
            let mut hasher = DefaultHasher::new();
            one.id.hash(&mut hasher);
            if !self.seen.insert(hasher.finish()) {
                let wrong = "the specimen stands in this file already";
                fields.wrong(element, "SPECIMENID", one.id.as_str(), wrong, "each number once");
            }
        }
        if fields.spoilt {
            specimen = None;
        }
        match specimen {
            Some(_) => self.specimens += 1,
            None => self.left_out += 1,
        }
        specimen
    }

    fn finish(self) -> Read {
        Read {
            version: self.version,
            header: self.header,
            specimens: self.specimens,
            left_out: self.left_out,
            problems: self.problems.into_vec(),
        }
    }
}

/// Numbers that lead to a person: what stood there is never shown.
const PERSONAL: [&str; 5] =
    ["SID", "FBI_NUMBER_UCN", "UNIQUEEVENTID", "BOOKINGCUSTOMID", "ARRESTINGCUSTOMID"];

/// Looks fields up and notes what is wrong with them.
struct Fields<'p> {
    version: Version,
    problems: &'p mut Problems,
    spoilt: bool,
}

impl Fields<'_> {
    fn wrong(&mut self, at: &Element, field: &str, found: &str, wrong: &str, right: &str) {
        self.spoilt = true;
        let problem = if PERSONAL.contains(&field) {
            Problem::withheld(at.row, wrong, right)
        } else {
            Problem::error(at.row, found, wrong, right)
        };
        self.problems.push(problem.in_column(field));
    }

    /// A field that may be missing, with at most so many characters. Empty is missing.
    fn optional(&mut self, within: &[Element], field: &str, chars_max: usize) -> Option<String> {
        let mut several = within.iter().filter(|element| element.name == field);
        let element = several.next()?;
        if let Some(again) = several.next() {
            self.wrong(again, field, &again.text, "the element stands here twice", "it once");
        }
        let text = element.text.as_str();
        if text.is_empty() {
            return None;
        }
        if text.trim() != text && field != REMARK {
            let right = "the value alone";
            self.wrong(element, field, text, "a blank stands at an end of it", right);
            return None;
        }
        if text.chars().count() > chars_max {
            let wrong = format!("it has {} characters", text.chars().count());
            self.wrong(element, field, text, &wrong, &format!("at most {chars_max}"));
            return None;
        }
        Some(text.to_owned())
    }

    /// A field that must be there.
    fn needed(
        &mut self,
        parent: &Element,
        within: &[Element],
        field: &str,
        chars_max: usize,
    ) -> Option<String> {
        let before = self.spoilt;
        let found = self.optional(within, field, chars_max);
        if found.is_none() && self.spoilt == before {
            self.wrong(parent, field, "", "it is missing or empty", "a value");
        }
        found
    }

    fn time(&mut self, parent: &Element, text: Option<String>, field: &str) -> Option<DateTime> {
        let text = text?;
        let right = "a local time such as 2020-05-01T14:05:00, without a zone";
        // A zone would be dropped silently: the system that imports knows none.
        let has_zone =
            text.ends_with('Z') || text.get(19..).is_some_and(|end| end.contains(['+', '-']));
        match text.parse::<DateTime>() {
            Ok(at) if !has_zone && text.contains('T') => {
                if !self.version.has_time(at) {
                    self.wrong(parent, field, &text, "the importing system cannot keep it", right);
                    return None;
                }
                Some(at)
            }
            _ => {
                self.wrong(parent, field, &text, "not a local time", right);
                None
            }
        }
    }

    fn kit(&mut self, at: &Element, kit: Option<String>) -> Option<String> {
        let kit = kit?;
        if !self.version.kits().any(|known| known == kit) {
            // Laboratories may extend the list (CMF 3.2 specification), so it is read.
            let wrong = "not a kit of the published list";
            let right = format!("a kit of {}, or one agreed upon", self.version.word());
            self.problems.push(Problem::warning(at.row, &kit, wrong, right).in_column("KIT"));
        }
        Some(kit)
    }
}

fn header(fields: &mut Fields<'_>, head: &[Element]) -> Option<Header> {
    let parent = head.first().cloned().unwrap_or_default();
    let version = fields.needed(&parent, head, "HEADERVERSION", 4);
    if let Some(version) = version.filter(|version| !["3.2", "3.3"].contains(&version.as_str())) {
        fields.wrong(&parent, "HEADERVERSION", &version, "another version", "3.2 or 3.3");
    }
    message_type(fields, &parent, head, "Import");
    let destination = fields.needed(&parent, head, "DESTINATIONORI", 10);
    let source = fields.needed(&parent, head, "SOURCELAB", 10);
    let submitted_by = fields.needed(&parent, head, "SUBMITBYUSERID", 20);
    let submitted_at = fields.needed(&parent, head, "SUBMITDATETIME", 40);
    let submitted_at = fields.time(&parent, submitted_at, "SUBMITDATETIME");
    let batch = fields.optional(head, "BATCHID", 32);
    let kit = fields.optional(head, "KIT", 32);
    let kit = fields.kit(&parent, kit);
    Some(Header {
        destination: Ori::new(destination?),
        source: Ori::new(source?),
        submitted_by: submitted_by?,
        submitted_at: submitted_at?,
        batch,
        kit,
        rapid: None,
    })
}

fn rapid_header(fields: &mut Fields<'_>, head: &[Element]) -> Option<Header> {
    let empty = Element { row: 1, ..Element::default() };
    let header = head.iter().find(|element| element.name == "HEADER").unwrap_or(&empty);
    let device = head.iter().find(|element| element.name == "DEVICE").unwrap_or(&empty);
    let within = header.children.as_slice();
    message_type(fields, header, within, "Rapid Import");
    let version = fields.needed(header, within, "MESSAGEVERSION", 4);
    if let Some(version) = version.filter(|version| version != "1.0") {
        fields.wrong(header, "MESSAGEVERSION", &version, "another version", "1.0");
    }
    let message_id = fields.needed(header, within, "MESSAGEID", 20)?;
    let Some(message_id) = message_id.parse::<u64>().ok().filter(|id| *id >= 1) else {
        fields.wrong(header, "MESSAGEID", &message_id, "not a count", "a number from 1 on");
        return None;
    };
    let submitted_at = fields.needed(header, within, "MESSAGEDATETIME", 40);
    let submitted_at = fields.time(header, submitted_at, "MESSAGEDATETIME");
    let submitted_by = fields.needed(header, within, "MSGCREATORUSERID", 20);
    let destination = fields.needed(header, within, "DESTINATIONORI", 10);
    let source = fields.needed(header, within, "SOURCEORI", 10);
    let alternate = fields.optional(within, "ALTSOURCEORI", 10);
    if let Some(alternate) = &alternate
        && [&destination, &source].iter().any(|it| it.as_ref() == Some(alternate))
    {
        let right = "an agency that is neither source nor destination, or none";
        fields.wrong(header, "ALTSOURCEORI", alternate, "it stands there already", right);
    }
    let instrument = fields.needed(device, &device.children, "INSTRUMENTID", 32);
    let about = ["MANUFACTURER", "MODEL", "SOFTWAREVERSION"];
    let about = about.map(|field| fields.optional(&device.children, field, 32));
    Some(Header {
        destination: Ori::new(destination?),
        source: Ori::new(source?),
        submitted_by: submitted_by?,
        submitted_at: submitted_at?,
        batch: None,
        kit: None,
        rapid: Some(RapidHeader {
            message_id,
            alternate_source: alternate.map(Ori::new),
            instrument: instrument?,
            device: about,
        }),
    })
}

fn message_type(fields: &mut Fields<'_>, parent: &Element, within: &[Element], right: &str) {
    let found = fields.needed(parent, within, "MESSAGETYPE", 32);
    if let Some(found) = found.filter(|found| found != right) {
        fields.wrong(parent, "MESSAGETYPE", &found, "another message", right);
    }
}

/// The one field in which blanks are text.
const REMARK: &str = "SPECIMENCOMMENT";

fn specimen(fields: &mut Fields<'_>, element: &Element) -> Option<Specimen> {
    let (version, within) = (fields.version, element.children.as_slice());
    let id = fields.needed(element, within, "SPECIMENID", 24);
    let category = fields.needed(element, within, "SPECIMENCATEGORY", 32);
    let category = category.and_then(|name| category_of(fields, element, &name));
    let comment = fields.optional(within, REMARK, version.comment_chars_max());
    let comment = comment.map(|comment| on_one_line(&comment));
    if let Some(comment) = comment.as_ref().filter(|comment| comment.starts_with(' ')) {
        let wrong = "it begins with a blank";
        fields.wrong(element, "SPECIMENCOMMENT", comment, wrong, "no blank before the first word");
    }
    let source_identified = element.attribute("SOURCEID").and_then(|found| {
        let read = SourceIdentified::from_word(found);
        if read.is_none() {
            fields.wrong(element, "SOURCEID", found, "no such value", "Yes, No or N/A");
        }
        read
    });
    let case = element.attribute("CASEID").filter(|case| !case.is_empty()).map(ToOwned::to_owned);
    if let Some(case) = case.as_ref().filter(|case| case.trim() != case.as_str()) {
        fields.wrong(element, "CASEID", case, "a blank stands at an end of it", "the value alone");
    }
    if let Some(case) = case.as_ref().filter(|case| case.chars().count() > 32) {
        fields.wrong(element, "CASEID", case, "it is too long", "at most 32 characters");
    }
    let partial = flag(fields, element, "PARTIAL");
    let loci: Vec<Option<Reading>> = within
        .iter()
        .filter(|child| child.name == "LOCUS")
        .map(|child| reading(fields, child))
        .collect();
    if loci.is_empty() || loci.len() > version.loci_max() {
        let wrong = format!("the specimen has {} loci", loci.len());
        let right = format!("1 to {}", version.loci_max());
        fields.wrong(element, "LOCUS", "", &wrong, &right);
    }
    let loci: Option<Vec<Reading>> = loci.into_iter().collect();
    if let Some(again) = loci.as_deref().and_then(repeated) {
        let wrong = "the locus stands in this specimen already";
        fields.wrong(element, "LOCUSNAME", again.locus.name(), wrong, "each locus once");
    }
    let rapid = if version.is_rapid() { Some(rapid_specimen(fields, element)?) } else { None };
    Some(Specimen {
        id: SpecimenNumber::new(id?),
        category: category?,
        comment,
        source_identified,
        case,
        partial: partial?,
        loci: loci?,
        rapid,
    })
}

/// A remark that was broken over lines for the eye, as one line.
fn on_one_line(text: &str) -> String {
    let mut lines = text.split(['\r', '\n', '\t']);
    let first = lines.next().unwrap_or_default().trim_end();
    let rest = lines.map(str::trim).filter(|line| !line.is_empty());
    [first].into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

fn category_of(fields: &mut Fields<'_>, at: &Element, name: &str) -> Option<Category> {
    let category = Category::from_name(name).filter(|it| fields.version.has_category(*it));
    if category.is_none() {
        let right = format!("a category of {} in its spelling", fields.version.word());
        let wrong = match Category::from_name(name) {
            Some(_) => "this version has no such category",
            None => "not a specimen category",
        };
        fields.wrong(at, "SPECIMENCATEGORY", name, wrong, &right);
    }
    category
}

fn flag(fields: &mut Fields<'_>, at: &Element, name: &str) -> Option<bool> {
    match at.attribute(name) {
        None | Some("false" | "0") => Some(false),
        Some("true" | "1") => Some(true),
        Some(found) => {
            fields.wrong(at, name, found, "neither true nor false", "true or false");
            None
        }
    }
}

fn repeated(loci: &[Reading]) -> Option<&Reading> {
    let mut seen = Vec::with_capacity(loci.len());
    loci.iter().find(|reading| {
        let is_again = seen.contains(&reading.locus);
        seen.push(reading.locus);
        is_again
    })
}

fn reading(fields: &mut Fields<'_>, element: &Element) -> Option<Reading> {
    let (version, within) = (fields.version, element.children.as_slice());
    let name = fields.needed(element, within, "LOCUSNAME", 10);
    let locus = name.as_ref().and_then(|name| version.locus(name));
    if let (Some(name), None) = (&name, locus) {
        let right = format!("a locus of {} in its spelling", version.word());
        fields.wrong(element, "LOCUSNAME", name, "not a locus of this version", &right);
    }
    let (read, batch, kit) = if version.is_rapid() {
        let batch = fields.optional(within, "BATCHID", 32);
        (Some((None, None)), batch, fields.optional(within, "KIT", 32))
    } else {
        let by = fields.needed(element, within, "READINGBY", 20);
        let at = fields.needed(element, within, "READINGDATETIME", 40);
        let at = fields.time(element, at, "READINGDATETIME");
        let attribute = |name| element.attribute(name).filter(|it| !it.is_empty());
        let (batch, kit) = (attribute("BATCHID"), attribute("KIT"));
        let read = by.zip(at).map(|(by, at)| (Some(by), Some(at)));
        (read, batch.map(ToOwned::to_owned), kit.map(ToOwned::to_owned))
    };
    let kit = fields.kit(element, kit);
    // Whatever is wrong in the locus is told at once.
    let typed = alleles(fields, element);
    let ((genotype, required), (reading_by, reading_at)) = (typed?, read?);
    Some(Reading { locus: locus?, genotype, required, reading_by, reading_at, batch, kit })
}

fn alleles(fields: &mut Fields<'_>, element: &Element) -> Option<(Genotype, Option<Allele>)> {
    let children = element.children.iter().filter(|child| child.name == "ALLELE");
    let read: Vec<Option<(Allele, bool)>> = children.map(|child| allele(fields, child)).collect();
    let read: Vec<(Allele, bool)> = read.into_iter().collect::<Option<_>>()?;
    let required: Vec<Allele> = read.iter().filter(|it| it.1).map(|it| it.0).collect();
    let alleles: Vec<Allele> = read.into_iter().map(|it| it.0).collect();
    if let [_, second, ..] = required.as_slice() {
        let (found, wrong) = (second.to_string(), "a second allele is required here");
        fields.wrong(element, "ALLELEREQUIRED", &found, wrong, "at most one a locus");
        return None;
    }
    let written = alleles.len();
    let most = fields.version.alleles_max();
    let genotype = Genotype::new(alleles).ok().filter(|it| it.alleles().len() <= most);
    if genotype.is_none() {
        let wrong = format!("the locus has {written} alleles");
        fields.wrong(element, "ALLELE", "", &wrong, &format!("1 to {most}"));
    }
    Some((genotype?, required.first().copied()))
}

/// An allele, and whether a candidate must contain it.
fn allele(fields: &mut Fields<'_>, element: &Element) -> Option<(Allele, bool)> {
    let required = flag(fields, element, "ALLELEREQUIRED");
    let value = fields.needed(element, &element.children, "ALLELEVALUE", 10)?;
    let allele = value.parse::<Allele>().ok();
    let allele = allele.filter(|allele| allele.kind() != AlleleKind::OffLadder);
    if allele.is_none() {
        let right = "a number such as 9 or 9.3, <9, >15, 12.X, X or Y";
        fields.wrong(element, "ALLELEVALUE", &value, "not an allele", right);
    }
    allele.zip(required)
}

fn rapid_specimen(fields: &mut Fields<'_>, element: &Element) -> Option<RapidSpecimen> {
    let within = element.children.as_slice();
    let before = fields.spoilt;
    let sid = fields.optional(within, "SID", 32);
    let ucn = fields.optional(within, "FBI_NUMBER_UCN", 9);
    if sid.is_none() && ucn.is_none() && fields.spoilt == before {
        let right = "one of them: without it a specimen is rejected";
        fields.wrong(element, "SID", "", "neither SID nor FBI_NUMBER_UCN is there", right);
    }
    let event = fields.needed(element, within, "UNIQUEEVENTID", 32);
    let custom = ["BOOKINGCUSTOMID", "ARRESTINGCUSTOMID"];
    let custom = custom.map(|field| fields.optional(within, field, 32));
    let arrested_at = fields.optional(within, "ARRESTDATE", 40);
    let arrested_at = fields.time(element, arrested_at, "ARRESTDATE");
    let printed_at = fields.needed(element, within, "FINGERPRINTDATE", 40);
    let printed_at = fields.time(element, printed_at, "FINGERPRINTDATE");
    let offense = fields.needed(element, within, "ARRESTOFFENSECATEGORY", 300);
    Some(RapidSpecimen {
        sid,
        ucn,
        event: event?,
        custom,
        arrested_at,
        printed_at: printed_at?,
        offense: offense?,
    })
}
