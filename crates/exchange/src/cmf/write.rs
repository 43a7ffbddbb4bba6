//! Writing, specimen by specimen. What a version cannot say is refused before anything of the
//! specimen is written, so that a file never holds half of one.

use std::io::{self, Write};

use jiff::civil::DateTime;

use crate::cmf::{Header, RapidSpecimen, Reading, Specimen, Version};
use crate::elements::Elements;
use crate::outgoing::{NotInFormat, field, fits, may_fit, named};

/// A file that is being written.
#[derive(Debug)]
pub struct Writer<W> {
    out: Elements<W>,
    version: Version,
    batch: Option<String>,
    kit: Option<String>,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// The output fails; or, inside, what the version cannot say, before anything is written.
    pub fn new(out: W, version: Version, header: &Header) -> io::Result<Result<Self, NotInFormat>> {
        if let Err(refused) = check_header(version, header) {
            return Ok(Err(refused));
        }
        let mut out = Elements::new(out)?;
        out.open(0, version.root(), &[("xmlns", version.namespace())])?;
        let mut writer = Self { out, version, batch: None, kit: None };
        if version.is_rapid() {
            writer.rapid_header(header)?;
        } else {
            writer.header(header)?;
        }
        Ok(Ok(writer))
    }

    /// Writes one specimen.
    ///
    /// # Errors
    /// The output fails; or, inside, what the version cannot say, before anything is written.
    pub fn specimen(&mut self, specimen: &Specimen) -> io::Result<Result<(), NotInFormat>> {
        if let Err(refused) = check(self.version, specimen) {
            return Ok(Err(refused));
        }
        let mut attributes = Vec::new();
        if !self.version.is_rapid() {
            if let Some(source) = specimen.source_identified {
                attributes.push(("SOURCEID", source.word()));
            }
            if let Some(case) = &specimen.case {
                attributes.push(("CASEID", case.as_str()));
            }
            if specimen.partial {
                attributes.push(("PARTIAL", "true"));
            }
        }
        self.out.open(1, "SPECIMEN", &attributes)?;
        self.out.field(2, "SPECIMENID", Some(specimen.id.as_str()))?;
        self.out.field(2, "SPECIMENCATEGORY", Some(specimen.category.name()))?;
        if let Some(rapid) = &specimen.rapid {
            self.rapid_specimen(rapid)?;
        }
        self.out.field(2, "SPECIMENCOMMENT", specimen.comment.as_deref())?;
        for reading in &specimen.loci {
            self.locus(reading)?;
        }
        self.out.close(1, "SPECIMEN")?;
        Ok(Ok(()))
    }

    /// Writes the end of the file and gives the output back.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.close(0, self.version.root())?;
        self.out.finish()
    }

    fn header(&mut self, header: &Header) -> io::Result<()> {
        let submitted_at = time(header.submitted_at);
        self.out.field(1, "HEADERVERSION", Some("3.2"))?;
        self.out.field(1, "MESSAGETYPE", Some("Import"))?;
        self.out.field(1, "DESTINATIONORI", Some(header.destination.as_str()))?;
        self.out.field(1, "SOURCELAB", Some(header.source.as_str()))?;
        self.out.field(1, "SUBMITBYUSERID", Some(&header.submitted_by))?;
        self.out.field(1, "SUBMITDATETIME", Some(&submitted_at))?;
        self.out.field(1, "BATCHID", header.batch.as_deref())?;
        self.out.field(1, "KIT", header.kit.as_deref())?;
        (self.batch, self.kit) = (header.batch.clone(), header.kit.clone());
        Ok(())
    }

    fn rapid_header(&mut self, header: &Header) -> io::Result<()> {
        let Some(rapid) = &header.rapid else { return Ok(()) };
        self.out.open(1, "HEADER", &[])?;
        self.out.field(2, "MESSAGEVERSION", Some("1.0"))?;
        self.out.field(2, "MESSAGETYPE", Some("Rapid Import"))?;
        self.out.field(2, "MESSAGEID", Some(&rapid.message_id.to_string()))?;
        self.out.field(2, "MESSAGEDATETIME", Some(&time(header.submitted_at)))?;
        self.out.field(2, "MSGCREATORUSERID", Some(&header.submitted_by))?;
        self.out.field(2, "DESTINATIONORI", Some(header.destination.as_str()))?;
        self.out.field(2, "SOURCEORI", Some(header.source.as_str()))?;
        let alternate = rapid.alternate_source.as_ref().map(|ori| ori.as_str());
        self.out.field(2, "ALTSOURCEORI", alternate)?;
        self.out.close(1, "HEADER")?;
        self.out.open(1, "DEVICE", &[])?;
        self.out.field(2, "INSTRUMENTID", Some(&rapid.instrument))?;
        for (name, value) in
            ["MANUFACTURER", "MODEL", "SOFTWAREVERSION"].into_iter().zip(&rapid.device)
        {
            self.out.field(2, name, value.as_deref())?;
        }
        self.out.close(1, "DEVICE")
    }

    fn rapid_specimen(&mut self, rapid: &RapidSpecimen) -> io::Result<()> {
        self.out.field(2, "SID", rapid.sid.as_deref())?;
        self.out.field(2, "FBI_NUMBER_UCN", rapid.ucn.as_deref())?;
        self.out.field(2, "UNIQUEEVENTID", Some(&rapid.event))?;
        let names = ["BOOKINGCUSTOMID", "ARRESTINGCUSTOMID"];
        for (name, value) in names.into_iter().zip(&rapid.custom) {
            self.out.field(2, name, value.as_deref())?;
        }
        self.out.field(2, "ARRESTDATE", rapid.arrested_at.map(time).as_deref())?;
        self.out.field(2, "FINGERPRINTDATE", Some(&time(rapid.printed_at)))?;
        self.out.field(2, "ARRESTOFFENSECATEGORY", Some(&rapid.offense))
    }

    fn locus(&mut self, reading: &Reading) -> io::Result<()> {
        let name = self.version.spelling(reading.locus).unwrap_or_default();
        if self.version.is_rapid() {
            self.out.open(2, "LOCUS", &[])?;
            self.out.field(3, "LOCUSNAME", Some(name))?;
            self.out.field(3, "KIT", reading.kit.as_deref())?;
            self.out.field(3, "BATCHID", reading.batch.as_deref())?;
        } else {
            // What the file says of all loci is not said again.
            let own =
                |one: &Option<String>, all: &Option<String>| one.clone().filter(|_| one != all);
            let (batch, kit) = (own(&reading.batch, &self.batch), own(&reading.kit, &self.kit));
            let attributes = [("BATCHID", batch), ("KIT", kit)];
            let attributes: Vec<_> = attributes
                .iter()
                .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
                .collect();
            self.out.open(2, "LOCUS", &attributes)?;
            self.out.field(3, "LOCUSNAME", Some(name))?;
            self.out.field(3, "READINGBY", reading.reading_by.as_deref())?;
            self.out.field(3, "READINGDATETIME", reading.reading_at.map(time).as_deref())?;
        }
        for allele in reading.genotype.alleles() {
            let is_required = reading.required == Some(*allele) && !self.version.is_rapid();
            let required: &[_] = if is_required { &[("ALLELEREQUIRED", "true")] } else { &[] };
            self.out.open(3, "ALLELE", required)?;
            self.out.field(4, "ALLELEVALUE", Some(&allele.to_string()))?;
            self.out.close(3, "ALLELE")?;
        }
        self.out.close(2, "LOCUS")
    }
}

/// A local time to the second, without a zone.
fn time(at: DateTime) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

fn check_header(version: Version, header: &Header) -> Result<(), NotInFormat> {
    fits("DESTINATIONORI", header.destination.as_str(), 10)?;
    fits("SOURCELAB", header.source.as_str(), 10)?;
    fits("SUBMITBYUSERID", &header.submitted_by, 20)?;
    in_time(version, "SUBMITDATETIME", header.submitted_at)?;
    may_fit("BATCHID", header.batch.as_ref(), 32)?;
    has_kit(version, header.kit.as_ref())?;
    if header.rapid.is_some() != version.is_rapid() {
        let right = if version.is_rapid() { "the instrument" } else { "none" };
        return Err(field("DEVICE", "the header is of another version", right));
    }
    let Some(rapid) = &header.rapid else { return Ok(()) };
    fits("INSTRUMENTID", &rapid.instrument, 32)?;
    let alternate = rapid.alternate_source.as_ref();
    if alternate.is_some_and(|it| *it == header.source || *it == header.destination) {
        return Err(field(
            "ALTSOURCEORI",
            "it is source or destination",
            "another agency, or none",
        ));
    }
    may_fit("ALTSOURCEORI", alternate.map(|ori| ori.as_str().to_owned()).as_ref(), 10)?;
    rapid.device.iter().try_for_each(|value| may_fit("DEVICE", value.as_ref(), 32))
}

fn check(version: Version, specimen: &Specimen) -> Result<(), NotInFormat> {
    let category = specimen.category;
    if !version.has_category(category) {
        return Err(NotInFormat::Category { format: version.word(), category });
    }
    fits("SPECIMENID", specimen.id.as_str(), 24)?;
    if specimen.comment.as_ref().is_some_and(|comment| comment.starts_with(' ')) {
        let right = "no blank before the first word";
        return Err(field("SPECIMENCOMMENT", "it begins with a blank", right));
    }
    may_fit("SPECIMENCOMMENT", specimen.comment.as_ref(), version.comment_chars_max())?;
    may_fit("CASEID", specimen.case.as_ref(), 32)?;
    let most = version.loci_max();
    if specimen.loci.is_empty() || specimen.loci.len() > most {
        let wrong = format!("the specimen has {} loci", specimen.loci.len());
        return Err(field("LOCUS", &wrong, &format!("1 to {most}")));
    }
    if specimen.profile().is_err() {
        return Err(field("LOCUS", "a locus stands there twice", "each locus once"));
    }
    if specimen.rapid.is_some() != version.is_rapid() {
        return Err(field("UNIQUEEVENTID", "the specimen is of another version", "its own fields"));
    }
    if let Some(rapid) = &specimen.rapid {
        check_rapid(version, rapid)?;
    }
    specimen.loci.iter().try_for_each(|reading| check_locus(version, reading))
}

fn check_rapid(version: Version, rapid: &RapidSpecimen) -> Result<(), NotInFormat> {
    if rapid.sid.is_none() && rapid.ucn.is_none() {
        return Err(field("SID", "neither SID nor UCN is there", "one of them"));
    }
    may_fit("SID", rapid.sid.as_ref(), 32)?;
    may_fit("FBI_NUMBER_UCN", rapid.ucn.as_ref(), 9)?;
    fits("UNIQUEEVENTID", &rapid.event, 32)?;
    fits("ARRESTOFFENSECATEGORY", &rapid.offense, 300)?;
    rapid.custom.iter().try_for_each(|value| may_fit("BOOKINGCUSTOMID", value.as_ref(), 32))?;
    in_time(version, "FINGERPRINTDATE", rapid.printed_at)?;
    rapid.arrested_at.map_or(Ok(()), |at| in_time(version, "ARRESTDATE", at))
}

fn check_locus(version: Version, reading: &Reading) -> Result<(), NotInFormat> {
    let locus = reading.locus;
    if version.spelling(locus).is_none() {
        return Err(NotInFormat::Locus { format: version.word(), locus });
    }
    let alleles = reading.genotype.alleles();
    let most = version.alleles_max();
    if alleles.len() > most {
        let wrong = format!("{locus} has {} alleles", alleles.len());
        return Err(field("ALLELE", &wrong, &format!("at most {most}")));
    }
    named("ALLELEVALUE", locus, &reading.genotype)?;
    may_fit("BATCHID", reading.batch.as_ref(), 32)?;
    has_kit(version, reading.kit.as_ref())?;
    if version.is_rapid() {
        return Ok(());
    }
    fits("READINGBY", reading.reading_by.as_deref().unwrap_or_default(), 20)?;
    let missing = || field("READINGDATETIME", "it is missing", "when the locus was read");
    in_time(version, "READINGDATETIME", reading.reading_at.ok_or_else(missing)?)
}

fn has_kit(version: Version, kit: Option<&String>) -> Result<(), NotInFormat> {
    match kit {
        Some(kit) if !version.kits().any(|known| known == kit) => {
            let wrong = format!("{} lists no kit '{kit}'", version.word());
            Err(field("KIT", &wrong, "a kit of its list, or none"))
        }
        _ => Ok(()),
    }
}

fn in_time(version: Version, name: &'static str, at: DateTime) -> Result<(), NotInFormat> {
    if version.has_time(at) {
        return Ok(());
    }
    let wrong = format!("the importing system cannot keep {}", time(at));
    Err(field(name, &wrong, "a time from 1900 on, in 3.2 and 2017 before 6 June 2079"))
}
