//! Which user and group a tracked script runs as, as keepalived decides it.

use std::fs;

use crate::speak::Account;

/// The user that keepalived runs scripts as when none is configured and there is this one.
const DEFAULT: &str = "keepalived_script";

/// Users and groups of this host.
#[derive(Debug, Default)]
pub struct Accounts {
    /// The text of `/etc/passwd`.
    users: String,
    /// The text of `/etc/group`.
    groups: String,
    /// Of a process that cannot become another user: the one that it is.
    bound: Option<u32>,
}

impl Accounts {
    /// Of the files, empty where they cannot be read.
    pub fn of_this_host() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        Self { users: text("/etc/passwd"), groups: text("/etc/group"), bound: bound(&text("/proc/self/status")) }
    }

    /// Who a script runs as, or why it cannot: `user` and `script_user` are a user's name, then perhaps a group's. None is
    /// whoever this process is.
    pub fn choose(&self, user: Option<&[String]>, script_user: Option<&[String]>) -> Result<Option<Account>, String> {
        let named = user.filter(|w| !w.is_empty()).or(script_user.filter(|w| !w.is_empty()));
        let Some((name, rest)) = named.and_then(<[String]>::split_first) else {
            return Ok(self.user(DEFAULT).filter(|account| self.bound.is_none_or(|own| own == account.uid)));
        };
        let mut account = self.user(name).ok_or_else(|| format!("user {name}, who is not in /etc/passwd"))?;
        if let Some(group) = rest.first() {
            account.gid = self.group(group).ok_or_else(|| format!("group {group}, which is not in /etc/group"))?;
        }
        match self.bound {
            None => Ok(Some(account)),
            Some(own) if own == account.uid && rest.is_empty() => Ok(None),
            Some(_) => Err(format!("user {name}, which only root can do: run `sudo hactl …`")),
        }
    }

    /// `name:password:uid:gid:…`
    fn user(&self, name: &str) -> Option<Account> {
        let mut rest = line(&self.users, name)?.split(':').skip(1);
        Some(Account { uid: rest.next()?.parse().ok()?, gid: rest.next()?.parse().ok()? })
    }

    /// `name:password:gid:…`
    fn group(&self, name: &str) -> Option<u32> {
        line(&self.groups, name)?.split(':').nth(1)?.parse().ok()
    }
}

/// What follows the name.
fn line<'a>(table: &'a str, name: &str) -> Option<&'a str> {
    table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

/// The effective user in the text of `/proc/self/status`, unless it may become others: with CAP_SETGID and CAP_SETUID.
fn bound(status: &str) -> Option<u32> {
    const BOTH: u64 = 1 << 6 | 1 << 7;
    let capabilities = u64::from_str_radix(line(status, "CapEff")?.trim(), 16).ok()?;
    let own = line(status, "Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    (capabilities & BOTH != BOTH).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/bash\nch:x:997:996::/:/bin/sh\nchecks:x:1001:100::/:/bin/sh\n";

    fn accounts(more: &str, bound: Option<u32>) -> Accounts {
        Accounts { users: format!("{USERS}{more}"), groups: "users:x:100:\nadm:x:4:checks\n".into(), bound }
    }

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn the_scripts_own_user_comes_first() {
        let all = accounts("keepalived_script:x:998:995::/:/bin/false\n", None);
        let (one, other) = (words("checks"), words("root adm"));
        assert_eq!(all.choose(Some(&one), Some(&other)), Ok(Some(Account { uid: 1001, gid: 100 })));
        assert_eq!(all.choose(None, Some(&other)), Ok(Some(Account { uid: 0, gid: 4 })));
        assert_eq!(all.choose(Some(&[]), Some(&[])), Ok(Some(Account { uid: 998, gid: 995 })));
        assert_eq!(accounts("", None).choose(None, None), Ok(None));
    }

    #[test]
    fn nobody_runs_as_somebody_else_for_want_of_the_right_one() {
        let all = accounts("broken:x:y:1::/:/\n", None);
        let says = |text: &str| all.choose(Some(&words(text)), None).unwrap_err();
        assert_eq!(says("check"), "user check, who is not in /etc/passwd");
        assert_eq!(says("broken"), "user broken, who is not in /etc/passwd");
        assert_eq!(says("checks admin"), "group admin, which is not in /etc/group");
    }

    #[test]
    fn without_the_privilege_it_runs_as_the_user_that_started_it() {
        let all = accounts("keepalived_script:x:998:995::/:/bin/false\n", Some(1001));
        assert_eq!(all.choose(None, None), Ok(None));
        assert_eq!(all.choose(Some(&words("checks")), None), Ok(None));
        let says = all.choose(Some(&words("root")), None).unwrap_err();
        assert_eq!(says, "user root, which only root can do: run `sudo hactl …`");
    }

    #[test]
    fn the_privilege_is_read_from_the_status() {
        let status = |uid, cap| format!("Name:\thactl\nUid:\t1000\t{uid}\t1000\t1000\nCapEff:\t{cap}\n");
        assert_eq!(bound(&status(0, "000001ffffffffff")), None);
        assert_eq!(bound(&status(1001, "0000000000003000")), Some(1001)); // CAP_NET_ADMIN, CAP_NET_RAW
        assert_eq!(bound(&status(0, "0000000000000080")), Some(0)); // CAP_SETUID alone
        assert_eq!(bound(""), None);
    }
}
