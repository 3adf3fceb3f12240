//! `hactl probe script`.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{Kind, ProbeArgs};
use crate::cli::Error;
use crate::cli::output::note;
use crate::cli::speak::accounts::Accounts;
use crate::probe::script::{Meaning, Script, danger};
use crate::probe::target::{Host, Ports};
use crate::probe::{Check, Job, Target};
use crate::report::printable;

#[derive(Debug, Args)]
#[command(mut_arg("targets", |a| a.help("A command with its arguments, as one word: '/etc/keepalived/check.sh 80'. No shell reads it")))]
pub struct ScriptArgs {
    #[command(flatten)]
    common: ProbeArgs,
    /// Judge as MISC_CHECK does: one that ends by itself after SIGTERM is judged by its status
    #[arg(long, help_heading = "Script")]
    misc: bool,
    /// As MISC_CHECK with misc_dynamic: 2 to 255 are good and set the weight
    #[arg(long, help_heading = "Script")]
    misc_dynamic: bool,
    /// Run it as this user, and group
    #[arg(long, value_name = "USER[:GROUP]", help_heading = "Script")]
    user: Option<String>,
    /// Run it even if it kills or restarts something
    #[arg(long, help_heading = "Script")]
    run_anyway: bool,
}

impl Kind for ScriptArgs {
    const NAME: &'static str = "script";
    const EXAMPLES: &'static str = "\
Examples:
  hactl probe script '/etc/keepalived/check.sh eth0'         each target is one command
  hactl probe script /usr/local/bin/weight --misc-dynamic -v
  hactl probe script 'killall -0 haproxy' --timeout 2s --user keepalived_script
";

    fn common(&self) -> &ProbeArgs {
        &self.common
    }

    fn ports(&self) -> Ports {
        Ports::None
    }

    fn check(&self, target: &Target) -> Result<Arc<dyn Check>, Error> {
        let user: Option<Vec<String>> = self.user.as_ref().map(|u| u.split(':').map(str::to_owned).collect());
        let account = match user {
            Some(user) => Accounts::of_this_host()
                .choose(Some(&user), None)
                .map_err(|e| Error::Other(format!("the script cannot be run as {e}")))?,
            None => None,
        };
        Ok(Arc::new(Script {
            command: target.text.clone(),
            meaning: match (self.misc_dynamic, self.misc) {
                (true, _) => Meaning::MiscDynamic,
                (_, true) => Meaning::Misc,
                _ => Meaning::Track,
            },
            timeout: Duration::ZERO, // each attempt says it
            account: account.map(|a| (a.uid, a.gid)),
            run_anyway: self.run_anyway,
        }))
    }

    fn jobs(&self) -> Result<Vec<Job>, Error> {
        let target = |text: &String| Target {
            text: text.clone(),
            host: Host::Address(IpAddr::V4(Ipv4Addr::UNSPECIFIED), None),
            port: None,
            scheme: None,
            path: None,
        };
        let c = &self.common;
        if c.source.is_some() || c.interface.is_some() || c.mark.is_some() || c.all_addresses || c.v4 || c.v6 {
            let text = "--source, --interface, --mark, --all-addresses, -4 and -6 are not for scripts, which find their own way";
            return Err(Error::Other(text.to_owned()));
        }
        if !self.common.common.quiet && !self.common.common.json && !self.common.plugin {
            for command in &self.common.targets {
                let refused = !self.run_anyway && danger(command).is_some();
                note(&format!("{}: {}", if refused { "would run" } else { "runs" }, printable(command)));
            }
        }
        let targets = self.common.targets.iter().map(target);
        targets.map(|target| Ok(Job { check: self.check(&target)?, target, options: None })).collect()
    }
}
