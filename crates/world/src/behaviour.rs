//! What happens to a sample that may be taken: at the table, and in the laboratory's hands.
//!
//! One fault a booking at each place. Absent: faults of a plate, which hit many samples at once
//! (`laboratory`).

use journey::accession::Findings;
use journey::ids::KitBarcode;

macro_rules! fates {
    (
        $(#[$doc:meta])* $name:ident {
            $($(#[$vdoc:meta])* $variant:ident $word:literal),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// A word for reports.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    };
}

fates! {
    /// What happens at the table.
    AtTable {
        /// The sample is taken and sealed.
        Collected "collected",
        /// The form of another kit is scanned; the collection is given up and done again with a
        /// new kit.
        WrongFormScanned "wrong_form_scanned",
        /// The kit is found damaged after it was opened; done again with a new kit.
        KitDamaged "kit_damaged",
        /// The person refuses before a kit is opened.
        Refused "refused",
        /// The person is released before a kit is opened.
        ReleasedFirst "released_first",
        /// A medical reason stands against it.
        MedicalHold "medical_hold",
        /// The person is transferred before a kit is opened.
        Transferred "transferred",
        /// There is no usable kit at hand.
        NoKit "no_kit",
    }
}

impl AtTable {
    /// True where a sealed sample comes out in the end.
    pub fn ends_sealed(self) -> bool {
        matches!(self, Self::Collected | Self::WrongFormScanned | Self::KitDamaged)
    }

    /// Kits that are opened, counting those given up.
    pub fn kits_opened(self) -> usize {
        match self {
            Self::Collected => 1,
            Self::WrongFormScanned | Self::KitDamaged => 2,
            _ => 0,
        }
    }
}

fates! {
    /// What the laboratory finds when it examines the sample.
    AtLaboratory {
        /// Nothing wrong.
        Sound "sound",
        /// The seal is broken.
        SealBroken "seal_broken",
        /// No sample on the device.
        NoSample "no_sample",
        /// Damaged, wet or mouldy.
        Damaged "damaged",
        /// The prints cannot be read.
        PrintsUnusable "prints_unusable",
        /// A field of the form is empty; the agency completes it when asked.
        FormIncomplete "form_incomplete",
        /// Device and form bear different barcodes.
        BarcodeSwapped "barcode_swapped",
        /// Two devices in the pouch.
        SeveralDevices "several_devices",
    }
}

impl AtLaboratory {
    /// True where the sample is accepted, at once or after the form was completed.
    pub fn ends_accepted(self) -> bool {
        matches!(self, Self::Sound | Self::FormIncomplete)
    }

    /// What the accessioner writes down at the first examination. `other` is the barcode that
    /// the form bears where forms were swapped.
    pub fn findings(self, barcode: &KitBarcode, other: &KitBarcode) -> Findings {
        let mut findings = Findings::sound(barcode);
        match self {
            Self::Sound => {}
            Self::SealBroken => findings.seal_intact = false,
            Self::NoSample => findings.sample_present = false,
            Self::Damaged => findings.undamaged = false,
            Self::PrintsUnusable => findings.prints_legible = false,
            Self::FormIncomplete => findings.form_complete = false,
            Self::BarcodeSwapped => findings.form = other.clone(),
            Self::SeveralDevices => findings.devices = 2,
        }
        findings
    }
}

/// What happens to one booking's sample, where the rules allow one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Behaviour {
    /// At the table.
    pub table: AtTable,
    /// In the laboratory; `Sound` where nothing is sealed.
    pub laboratory: AtLaboratory,
}

impl Behaviour {
    /// Nothing goes wrong.
    pub const SMOOTH: Self = Self { table: AtTable::Collected, laboratory: AtLaboratory::Sound };

    /// True where a sample reaches the laboratory and is accepted.
    pub fn ends_accepted(self) -> bool {
        self.table.ends_sealed() && self.laboratory.ends_accepted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_shows_in_the_findings() {
        let (own, other) = (KitBarcode::from("K1"), KitBarcode::from("K2"));
        let sound = Findings::sound(&own);
        for fate in AtLaboratory::ALL {
            let same = fate.findings(&own, &other) == sound;
            assert_eq!(same, *fate == AtLaboratory::Sound, "{}", fate.word());
        }
    }
}
