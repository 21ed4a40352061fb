package servers

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

const eximKeeperConfig = `primary_hostname = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = %s
tls_advertise_hosts =
domainlist local_domains = exim.test
acl_smtp_rcpt = acl_check_rcpt
message_size_limit = 0
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0

begin acl

acl_check_rcpt:
  require message   = relay not permitted
          domains   = +local_domains
  require verify    = recipient
  accept

begin routers

mailboxes:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;/etc/exim4/recipients
  transport = mailboxes

begin transports

mailboxes:
  driver = appendfile
  directory = /var/mail/$local_part_data
  maildir_format
  return_path_add
  user = Debian-exim
  group = Debian-exim
`

// StartEximKeeper starts an Exim that keeps what it is sent.
func StartEximKeeper(t testing.TB) *Keeper {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	r, log := startEximWith(t, fmt.Sprintf(eximKeeperConfig, port), addr)
	return &Keeper{
		Name:        "Exim",
		Domain:      "exim.test",
		Host:        "exim.test",
		Destination: addr,
		Addr:        addr,
		Log:         log,
		mail:        r.path("var/mail"),
		pending:     func() int { return filesIn(r.path("var/spool/exim4/input")) },
	}
}

// startEximWith starts an Exim in a root of its own, which listens at addr. It knows the recipients ValidUsers, and
// may write to var/mail.
func startEximWith(t testing.TB, config, addr string) (r *root, log func() string) {
	t.Helper()
	r = newRoot(t, "exim", "exim.test", []string{"Debian-exim"}, nil)
	for _, dir := range []string{"var/spool/exim4", "var/log/exim4", "run/exim4", "var/mail"} {
		r.mkdir(t, dir, "Debian-exim", 0o750)
	}
	recipients := ""
	for _, user := range ValidUsers() {
		recipients += user + ": " + user + "\n" // what is looked up names the folder: what came from outside may not
	}
	r.write(t, "etc/exim4/recipients", recipients)
	r.write(t, "etc/exim4/exim4.conf", config)
	p := StartProcess(t, r.command("/usr/sbin/exim4", "-bdf"), addr)
	return r, func() string {
		return strings.Join([]string{p.Output(t), Read(t, r.path("var/log/exim4/mainlog")), Read(t, r.path("var/log/exim4/paniclog"))}, "")
	}
}
