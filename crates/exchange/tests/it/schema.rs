//! The published biometrics schema of NIEM made whole: what it imports from elsewhere is replaced
//! by stubs that let everything pass, so that xmllint checks the biometrics domain itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::real_files::folder;

/// The model of the schema at hand, and that of the examples.
const RENAMED: [(&str, &str); 3] = [
    (
        "https://docs.oasis-open.org/niemopen/ns/model/domains/biometrics/6.0/",
        "http://release.niem.gov/niem/domains/biometrics/5.1/",
    ),
    (
        "https://docs.oasis-open.org/niemopen/ns/model/niem-core/6.0/",
        "http://release.niem.gov/niem/niem-core/5.0/",
    ),
    (
        "https://docs.oasis-open.org/niemopen/ns/model/structures/6.0/",
        "http://release.niem.gov/niem/structures/5.0/",
    ),
];

pub(crate) struct Schema {
    folder: TempDir,
}

impl Schema {
    pub(crate) fn niem() -> Option<Self> {
        let formats = folder("formats")?;
        let mut biom = fs::read_to_string(formats.join("biom.xsd")).unwrap();
        let mut sample = fs::read_to_string(formats.join("DNA_Sample_NIEM.xsd")).unwrap();
        for (from, to) in RENAMED {
            biom = biom.replace(from, to);
        }
        let whole = Self { folder: tempfile::tempdir().unwrap() };
        let spaces: BTreeMap<String, String> = biom
            .split("xmlns:")
            .skip(1)
            .filter_map(|text| {
                let (prefix, rest) = text.split_once("=\"")?;
                Some((prefix.to_owned(), rest.split_once('"')?.0.to_owned()))
            })
            .collect();
        for prefix in ["niem-xs", "iso_639-3", "ncic", "mo", "nc", "structures"] {
            fs::write(whole.path(prefix), stub(&biom, prefix, &spaces[prefix])).unwrap();
        }
        for file in [&mut biom, &mut sample] {
            let lines = file.split("<xs:import").enumerate().map(|(n, part)| {
                if n == 0 {
                    return part.to_owned();
                }
                let (head, tail) = part.split_once("/>").unwrap();
                let space = head.split('"').nth(1).unwrap();
                let prefix = spaces.iter().find(|(_, uri)| *uri == space).unwrap().0;
                format!("<xs:import namespace=\"{space}\" schemaLocation=\"{prefix}.xsd\"/>{tail}")
            });
            let linked: String = lines.collect();
            *file = linked;
        }
        fs::write(whole.path("biom"), biom).unwrap();
        fs::write(whole.path("sample"), sample).unwrap();
        Some(whole)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.xsd"))
    }

    pub(crate) fn check(&self, bytes: &[u8]) -> Output {
        let file = self.folder.path().join("file.xml");
        fs::write(&file, bytes).unwrap();
        let mut run = Command::new("xmllint");
        run.args(["--noout", "--schema"]).arg(self.path("sample")).arg(file).output().unwrap()
    }
}

/// Everything that `text` takes from the namespace of `prefix`, as declarations that let all pass.
fn stub(text: &str, prefix: &str, uri: &str) -> String {
    let named = |attribute: &str| -> BTreeSet<&str> {
        let start = format!("{attribute}=\"{prefix}:");
        text.split(start.as_str()).skip(1).filter_map(|it| Some(it.split_once('"')?.0)).collect()
    };
    let (types, bases) = (named("type"), named("base"));
    let mut referred = named("ref");
    referred.append(&mut named("substitutionGroup"));
    let (groups, elements): (Vec<_>, Vec<_>) =
        referred.into_iter().partition(|name| name.ends_with("AttributeGroup"));
    let mut out = format!(
        "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"{uri}\">\n"
    );
    for name in elements {
        writeln!(out, "<xs:element name=\"{name}\" type=\"xs:anyType\"/>").unwrap();
    }
    for name in groups {
        writeln!(out, "<xs:attributeGroup name=\"{name}\"/>").unwrap();
    }
    for name in &bases {
        writeln!(out, "<xs:complexType name=\"{name}\"/>").unwrap();
    }
    for name in types.difference(&bases) {
        let any = "<xs:any processContents=\"lax\" minOccurs=\"0\" maxOccurs=\"unbounded\"/>";
        let all = format!("<xs:sequence>{any}</xs:sequence><xs:anyAttribute/>");
        writeln!(out, "<xs:complexType name=\"{name}\" mixed=\"true\">{all}</xs:complexType>")
            .unwrap();
    }
    out + "</xs:schema>\n"
}
