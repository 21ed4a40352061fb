package servers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sendmailConfig sets no limit: all are those Sendmail ships with.
const sendmailConfig = `include(` + "`/usr/share/sendmail/cf/m4/cf.m4'" + `)dnl
OSTYPE(` + "`debian'" + `)dnl
DOMAIN(` + "`debian-mta'" + `)dnl
FEATURE(` + "`no_default_msa'" + `)dnl
DAEMON_OPTIONS(` + "`Family=inet, Name=MTA, Addr=127.0.0.1, Port=%s'" + `)dnl
LOCAL_DOMAIN(` + "`sendmail.test'" + `)dnl
MAILER(` + "`local'" + `)dnl
MAILER(` + "`smtp'" + `)dnl
`

// StartSendmail starts a Sendmail with its own defaults, whose recipients are local users.
func StartSendmail(t testing.TB) *Server {
	t.Helper()
	return startSendmail(t, "Sendmail", "sendmail.test", func(_ *root, port string) string {
		return fmt.Sprintf(sendmailConfig, port)
	})
}

// StartSendmailDebian starts a Sendmail with the configuration that Debian gives it, which has limits for clients:
// it sleeps 1 s before the greeting and for each unknown recipient behind the third of a transaction, and takes
// 10 connections in 10 minutes.
func StartSendmailDebian(t testing.TB) *Server {
	t.Helper()
	const domain = "sendmail-debian.test"
	s := startSendmail(t, "Sendmail, Debian's configuration", domain, func(r *root, port string) string {
		mc := Read(t, r.path("usr/share/sendmail/cf/debian/sendmail.mc"))
		mc = regexp.MustCompile(`(?m)^DAEMON_OPTIONS.*MSP-v4.*\n`).ReplaceAllString(mc, "")
		if !strings.Contains(mc, "Port=smtp,") {
			t.Fatal("Debian's sendmail.mc has no Port=smtp, to put another in place of")
		}
		r.write(t, "etc/mail/local-host-names", domain+"\n")
		// Debian's file, but for the lines that exempt loopback from all limits.
		access := Read(t, r.path("usr/share/sendmail/examples/db/access"))
		access = regexp.MustCompile(`(?m)^\w+:(127|IPv6:::1)\s.*\n`).ReplaceAllString(access, "")
		r.write(t, "etc/mail/access", access)
		r.write(t, "etc/mail/m4/dialup.m4", "")
		r.write(t, "etc/mail/m4/provider.m4", "")
		return strings.ReplaceAll(mc, "Port=smtp,", "Port="+port+",")
	})
	return s
}

// makemap makes the database of one of Sendmail's tables.
func (r *root) makemap(t testing.TB, inside string) {
	t.Helper()
	cmd := r.command("/usr/libexec/sendmail/makemap", "hash", "/"+inside)
	cmd.Stdin = strings.NewReader(Read(t, r.path(inside)))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("makemap %s: %v\n%s", inside, err, out)
	}
	// It belongs to the user of a number, which is another's on the machine.
	if err := os.Chown(r.path(inside+".db"), 0, 0); err != nil {
		t.Fatal(err)
	}
}

func startSendmail(t testing.TB, name, domain string, config func(r *root, port string) string) *Server {
	t.Helper()
	addr := FreeAddr(t)
	_, port, _ := net.SplitHostPort(addr)
	r := newRoot(t, "sendmail", domain, []string{"smmta", "smmsp"}, ValidUsers())
	r.mkdir(t, "run/sendmail/mta", "smmta", 0o755)
	r.mkdir(t, "var/spool/mqueue", "smmta", 0o700)
	r.mkdir(t, "var/lib/sendmail", "smmta", 0o755)
	r.mkdir(t, "var/lib/sendmail/host_status", "smmta", 0o700)
	r.write(t, "etc/mail/aliases", "")
	r.write(t, "etc/mail/local-host-names", "")
	r.write(t, "etc/mail/sendmail.mc", config(r, port))
	r.write(t, "etc/mail/sendmail.cf", r.run(t, "/usr/bin/m4", "/etc/mail/sendmail.mc"))
	if Read(t, r.path("etc/mail/access")) != "" {
		r.makemap(t, "etc/mail/access")
	}
	r.run(t, "/usr/libexec/sendmail/sendmail", "-bi") // makes the database of the aliases
	log := logSyslog(t, r.path("dev/log"), filepath.Join(Folder(t), "syslog"))
	p := StartProcess(t, r.command("/usr/libexec/sendmail/sendmail", "-bD"), addr)
	return &Server{
		Name:         name,
		Domain:       domain,
		Destinations: []string{addr},
		Valid:        ValidUser,
		Invalid:      InvalidUser,
		Log:          func() string { return p.Output(t) + Read(t, log) },
	}
}

// logSyslog writes what is sent to a socket for syslog into a file, each message a line, until the test ends. It
// returns the file's path.
func logSyslog(t testing.TB, socket, path string) string {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 8192)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			fmt.Fprintf(f, "%s\n", strings.TrimSpace(string(buf[:n])))
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-ended
		f.Close()
	})
	return path
}
