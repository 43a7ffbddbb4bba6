//! What the store promises, run as the same functions on both engines: on SQLite always, on
//! PostgreSQL when `BUCCAL_TEST_POSTGRES` holds the URL of a server where schemas may be made.

/// Makes one test per engine of every named function `fn(&Ground)`.
macro_rules! contract {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&$crate::ground::Ground::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(ground) = $crate::ground::Ground::postgres() { super::$name(&ground); }
            })*
        }
    };
}

#[cfg(test)]
mod ground;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod database;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod job;
#[cfg(test)]
mod envelope;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod statement;
