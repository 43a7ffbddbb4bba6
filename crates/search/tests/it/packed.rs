//! Packing a profile loses nothing.

use genetics::Profile;
use proptest::prelude::*;
use search::PackedProfile;

use crate::profiles::{profile, profiles};

#[test]
fn every_kind_of_reading_survives() {
    let check = |text: &str| {
        let whole = profile(text);
        assert_eq!(Profile::from(&PackedProfile::from(&whole)), whole, "{text}");
    };
    check("");
    check("FGA=<16.2,17,17.X,18,>26 D21S11=28,31.2! Amelogenin=X,Y SE33=OL");
    check("CSF1PO=99.9 YGATAH4=1 DYS385=11,14");
    check(
        "SE33=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,\
         30,31,32!",
    );
}

proptest! {
    #[test]
    fn round_trip(whole in profiles()) {
        let packed = PackedProfile::from(&whole);
        prop_assert_eq!(Profile::from(&packed), whole.clone());
        prop_assert_eq!(PackedProfile::from(&Profile::from(&packed)), packed);
    }

    #[test]
    fn different_profiles_pack_differently(one in profiles(), other in profiles()) {
        let equal = PackedProfile::from(&one) == PackedProfile::from(&other);
        prop_assert_eq!(equal, one == other);
    }
}
