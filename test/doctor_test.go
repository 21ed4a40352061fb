package test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callout/test/servers"
)

// report is what doctor --json prints, as far as these tests look at it.
type report struct {
	Result string
	Hosts  []struct {
		Server                  string
		Connections, Recipients int
		Findings                []struct{ Check, Level, Seen string }
	}
	Transcript []struct{ From, Text string }
	exit       int
	text       string
}

// levels puts the findings of the first host that are not good in words, but for a missing STARTTLS.
func (r *report) levels() string {
	var all []string
	for _, f := range r.Hosts[0].Findings {
		if f.Level != "good" && f.Seen != "It does not offer STARTTLS." {
			all = append(all, f.Level+" "+f.Check)
		}
	}
	return strings.Join(all, ", ")
}

// examine runs the doctor on a server, as a domain of the configuration, with a recipient that exists.
func examine(t *testing.T, authority *servers.Authority, d *servers.Server, flags ...string) *report {
	t.Helper()
	config := filepath.Join(folder(t), "callout.toml")
	write(t, config, "hostname = \"filter.test\"\n"+domainOf(d, d.Destinations...))
	args := append([]string{"doctor", d.Domain, "--good", d.Valid(0) + "@" + d.Domain, "-c", config, "--json"}, flags...)
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+authority.Root)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	r := &report{exit: cmd.ProcessState.ExitCode(), text: stdout.String() + stderr.String()}
	if jsonErr := json.Unmarshal(stdout.Bytes(), r); jsonErr != nil || len(r.Hosts) == 0 {
		t.Fatalf("%s: %v, %v\n%s", d.Name, err, jsonErr, r.text)
	}
	return r
}

// found is what the doctor finds at a server.
type found struct {
	server string
	levels string
	exit   int
}

// foundAt is that by the domain of each server.
var foundAt = map[string]found{
	"stock.test":                  {"Postfix", "", 0},
	"strict.test":                 {"Postfix", "note pipelining, note several-recipients, note error-limit", 0},
	"postscreen.test":             {"Postfix", "note reachable, note random-address, note good-address, mend greylisting, note pipelining", 1},
	"postgrey.test":               {"Postfix", "note good-address, mend greylisting, note several-recipients", 1},
	"exim.test":                   {"Exim", "note several-recipients", 0},
	"sendmail.test":               {"Sendmail", "", 0},
	"opensmtpd.test":              {"OpenSMTPD", "note pipelining", 0},
	"virtual.test":                {"OpenSMTPD", "note pipelining", 0},
	"dovecot.test":                {"Dovecot", "", 0},
	"smtps.test":                  {"Postfix", "note certificate", 0}, // which is good for a day
	"verified.test":               {"Postfix", "note certificate", 0},
	"expired-opportunistic.test":  {"Postfix", "note certificate", 0},
	"expired-require.test":        {"Postfix", "note certificate", 0},
	"expired-verify.test":         {"Postfix", "mend certificate", 1},
	"misnamed-opportunistic.test": {"Postfix", "note certificate", 0},
	"misnamed-require.test":       {"Postfix", "note certificate", 0},
	"misnamed-verify.test":        {"Postfix", "mend certificate", 1},
	"tls10.test":                  {"Postfix", "note encryption, note certificate", 0},
	"nocipher.test":               {"Postfix", "note encryption", 0},
	"wrongkey.test":               {"Postfix", "note encryption", 0},
}

// Real servers of every kind that refuse unknown recipients are called in order, and what is peculiar about each is said.
func TestDoctorKnowsEveryKindOfServer(t *testing.T) {
	t.Parallel()
	authority := servers.NewAuthority(t)
	all := startServers(t, append(everyKind(authority),
		func(t testing.TB) *servers.Server { return authority.StartExpired(t, "verify") },
		func(t testing.TB) *servers.Server { return authority.StartMisnamed(t, "verify") }))
	for _, d := range all {
		r := examine(t, authority, d)
		want, known := foundAt[d.Domain]
		if got := (found{r.Hosts[0].Server, r.levels(), r.exit}); got != want || !known {
			t.Errorf("%s (%s): found %+v, want %+v\n%s", d.Name, d.Domain, got, want, r.text)
		}
		if h := r.Hosts[0]; h.Connections > 2 || h.Recipients > 7 {
			t.Errorf("%s: %d connections, %d recipients", d.Name, h.Connections, h.Recipients)
		}
	}
}

// A Postfix that relays without relay_recipient_maps accepts everything: as the destination, and as a backup of one that
// does not.
func TestDoctorKnowsAPostfixThatAcceptsEverything(t *testing.T) {
	t.Parallel()
	authority := servers.NewAuthority(t)
	d := servers.StartStock(t)
	_, backup := servers.StartBackup(t, d.Domain)
	both := *d
	both.Destinations = append(both.Destinations, backup)
	r := examine(t, authority, &both)
	if len(r.Hosts) != 2 || r.exit != 1 || r.levels() != "" {
		t.Fatalf("exit %d\n%s", r.exit, r.text)
	}
	r.Hosts = r.Hosts[1:]
	if r.levels() != "mend backup" {
		t.Errorf("of the backup it says %s\n%s", r.levels(), r.text)
	}
	d.Destinations = []string{backup}
	if r := examine(t, authority, d); r.levels() != "mend random-address" || r.exit != 1 || !strings.Contains(r.text, "relay_recipient_maps") {
		t.Errorf("of the same alone it says %s, exit %d\n%s", r.levels(), r.exit, r.text)
	}
	r = examine(t, authority, d, "--catch-all", "--verbose")
	if r.levels() != "note random-address" || r.exit != 0 {
		t.Errorf("of the same, as a catch-all on purpose, it says %s, exit %d\n%s", r.levels(), r.exit, r.text)
	}
	if last := len(r.Transcript) - 1; last < 10 || r.Transcript[last].Text != "connection closed" || !strings.HasPrefix(r.Transcript[last-1].Text, "221 ") {
		t.Errorf("the dialogue does not end with QUIT: %+v", r.Transcript)
	}
}
