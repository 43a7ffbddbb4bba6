//! What the person is told before a sample is taken, in English and Spanish.
//!
//! Sample wording of this programme. The office that collects must approve its own text, and the
//! Privacy Act statement that belongs to it, before either is used.

use maud::{Markup, html};

/// Both languages.
pub(crate) fn both() -> Markup {
    html! {
        section.wide aria-labelledby="person-notice" {
            h2 id="person-notice" { "Tell the person" }
            p.hint { "Sample wording, to be approved by the collecting agency before use." }
            div.columns {
                div.notice lang="en" { (english()) }
                div.notice lang="es" { (spanish()) }
            }
        }
    }
}

fn english() -> Markup {
    html! {
        h3 { "Notice about your DNA sample" }
        p {
            "We are going to rub a swab on the inside of your cheeks. It does not hurt. We also "
            "take two fingerprints on a form."
        }
        p {
            "The law requires it: Title 28, Code of Federal Regulations, section 28.12. The "
            "sample is sent to the FBI Laboratory. A DNA profile is made from it and is "
            "compared with profiles from crimes."
        }
        p {
            "You must cooperate. Refusing to cooperate is an offense under federal law "
            "(34 U.S.C. 40702(a)(5))."
        }
        p { "If you do not understand, tell us. You can ask for an interpreter." }
    }
}

fn spanish() -> Markup {
    html! {
        h3 { "Aviso sobre su muestra de ADN" }
        p {
            "Vamos a pasar un hisopo por la parte interior de sus mejillas. No duele. También "
            "tomamos dos huellas digitales en un formulario."
        }
        p {
            "La ley lo exige: título 28 del Código de Regulaciones Federales, sección 28.12. La "
            "muestra se envía al Laboratorio del FBI. De ella se obtiene un perfil de ADN, que "
            "se compara con perfiles de delitos."
        }
        p {
            "Usted debe cooperar. Negarse a cooperar es un delito según la ley federal "
            "(34 U.S.C. 40702(a)(5))."
        }
        p { "Si no entiende, díganoslo. Puede pedir un intérprete." }
    }
}
