//! Questions to the solver: each answers with `None`, which is a proof, or with a booking.
//!
//! A solver that is missing, gives up or fails is an error and never an answer. Every booking that
//! it names is asked again of Cedar's own evaluator before anybody sees it. Deliberately absent:
//! what is asked.

use anyhow::{Context, bail, ensure};
use cedar_policy::{Authorizer, Decision, Policy, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, CompiledPolicySet, Env};
use tokio::runtime::Runtime;

use crate::set::{permitting, those};

/// A solver that runs, and the schema of the bookings about which it is asked.
pub struct Solver {
    schema: Schema,
    environment: RequestEnv,
    compiler: CedarSymCompiler<LocalSolver>,
    runtime: Runtime,
}

const MISSING: &str = "the solver cvc5 does not run: start the proofs by proof/run, which installs \
                       it, or name an executable in the environment variable CVC5";

impl Solver {
    /// Starts the solver: the executable named in `CVC5`, or else `cvc5` in `PATH`.
    ///
    /// # Errors
    /// It cannot be started, or does not answer questions of which the answer is known.
    pub fn start(schema: &Schema) -> anyhow::Result<Self> {
        let mut environments = schema.request_envs();
        let environment = environments.next().context("the schema allows no request")?;
        ensure!(environments.next().is_none(), "the schema allows more than one kind of request");
        drop(environments);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let local = runtime.block_on(async { LocalSolver::cvc5() }).context(MISSING)?;
        let compiler = CedarSymCompiler::new(local)?;
        let mut solver = Self { schema: schema.clone(), environment, compiler, runtime };
        solver.answers_what_is_known().context(MISSING)?;
        Ok(solver)
    }

    /// One question of each answer: something that always says the same is no solver.
    fn answers_what_is_known(&mut self) -> anyhow::Result<()> {
        let [high, low] = ["resource.age_years > 7", "resource.age_years < 7"];
        let (high, low) = (those(high)?, those(low)?);
        ensure!(self.only(&high, &low)?.is_some(), "it finds no number above 7");
        ensure!(self.both(&high, &low)?.is_none(), "it finds a number above and below 7");
        Ok(())
    }

    /// A booking that both sets allow.
    ///
    /// # Errors
    /// A set does not fit the schema, or the solver fails.
    pub fn both(&mut self, one: &PolicySet, other: &PolicySet) -> anyhow::Result<Option<Env>> {
        let (first, second) = (self.compile(one)?, self.compile(other)?);
        let found = self
            .runtime
            .block_on(self.compiler.check_disjoint_with_counterexample_opt(&first, &second))?;
        confirmed(found, &[(one, true), (other, true)])
    }

    /// A booking that the first set allows and the second does not.
    ///
    /// # Errors
    /// A set does not fit the schema, or the solver fails.
    pub fn only(&mut self, one: &PolicySet, not: &PolicySet) -> anyhow::Result<Option<Env>> {
        let (first, second) = (self.compile(one)?, self.compile(not)?);
        let found = self
            .runtime
            .block_on(self.compiler.check_implies_with_counterexample_opt(&first, &second))?;
        confirmed(found, &[(one, true), (not, false)])
    }

    /// A booking for which a policy fails while it is evaluated.
    ///
    /// # Errors
    /// The policy does not fit the schema, or the solver fails.
    pub fn failing(&mut self, policy: &Policy) -> anyhow::Result<Option<Env>> {
        let compiled = CompiledPolicy::compile(policy, &self.environment, &self.schema)?;
        let found = self
            .runtime
            .block_on(self.compiler.check_never_errors_with_counterexample_opt(&compiled))?;
        if let Some(env) = &found {
            let mut policies = PolicySet::new();
            policies.add(policy.clone())?;
            let told = Authorizer::new().is_authorized(&env.request, &policies, &env.entities);
            ensure!(told.diagnostics().errors().next().is_some(), "{} does not fail", policy.id());
        }
        Ok(found)
    }

    /// A booking to which one policy applies and another does not, whatever their effects.
    ///
    /// # Errors
    /// A policy does not fit the schema, or the solver fails.
    pub fn differing(&mut self, one: &Policy, other: &Policy) -> anyhow::Result<Option<Env>> {
        let [one, other] = [permitting(one)?, permitting(other)?];
        let [one, other] = [PolicySet::from_policies([one])?, PolicySet::from_policies([other])?];
        match self.only(&one, &other)? {
            Some(env) => Ok(Some(env)),
            None => self.only(&other, &one),
        }
    }

    fn compile(&self, policies: &PolicySet) -> anyhow::Result<CompiledPolicySet> {
        Ok(CompiledPolicySet::compile(policies, &self.environment, &self.schema)?)
    }
}

/// Whether Cedar's evaluator allows a booking.
pub fn allows(policies: &PolicySet, env: &Env) -> bool {
    let told = Authorizer::new().is_authorized(&env.request, policies, &env.entities);
    told.decision() == Decision::Allow
}

/// The booking, after Cedar's evaluator gave the same decisions as the solver.
fn confirmed(found: Option<Env>, expected: &[(&PolicySet, bool)]) -> anyhow::Result<Option<Env>> {
    let Some(env) = found else { return Ok(None) };
    for (policies, allowed) in expected {
        if allows(policies, &env) != *allowed {
            bail!("solver and evaluator disagree about this booking: {env}");
        }
    }
    Ok(Some(env))
}
