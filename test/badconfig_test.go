package test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestABadConfigurationIsOneLineWithItsPlaceAndExit2(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file string
		place      string // line:column
		names      string // what the line must name
	}{
		{"unknown key", "hostname = \"a.test\"\nhostnam = \"b.test\"\n", "2:1", "hostnam"},
		{"unknown key in a domain", domain("a.test", "b.test") + "on_unknwon = \"accept\"\n", "4:1", "on_unknown"},
		{"wrong type", "[callout]\nmax_sessions = \"5\"\n", "2:16", "max_sessions"},
		{"a number for a duration", "[cache]\nvalid_ttl = 96\n", "2:13", "valid_ttl"},
		{"bad duration", "[cache]\n  invalid_ttl = \"2 hours\"\n", "2:17", "invalid_ttl"},
		{"duplicate domain", domain("a.test", "b.test") + domain("A.test.", "c.test"), "5:8", "A.test."},
		{"malformed domain", domain("a..test", "b.test"), "2:8", "a..test"},
		{"bad destination", domain("a.test", "b.test:port"), "3:17", "b.test:port"},
		{"destination of an unknown scheme", domain("a.test", "ftp://b.test"), "3:17", "ftp://b.test"},
		{"a table for a list of tables", "[domain]\nname = \"a.test\"\n", "1:2", "[[domain]]"},
		{"broken syntax", "hostname = \"a.test\n", "1:", "hostname"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(folder(t), "callout.toml")
			write(t, file, test.file)
			for _, verb := range [][]string{{"config", "check"}, {"serve"}} {
				r := callout(t, append(verb, "-c", file)...)
				checkOneLine(t, verb, r, file+":"+test.place)
				if test.name != "broken syntax" && !strings.Contains(r.stderr, test.names) {
					t.Errorf("%v: %q does not name %s", verb, r.stderr, test.names)
				}
			}
		})
	}
}

func TestAnUnreadableConfigurationIsOneLineAndExit2(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, file := range []string{filepath.Join(dir, "missing.toml"), dir} {
		for _, verb := range [][]string{{"config", "check"}, {"serve"}} {
			checkOneLine(t, verb, callout(t, append(verb, "-c", file)...), file+": ")
		}
	}
}

func TestAListenerInUseIsOneLineThatNamesItsPlaceAndExit2(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", freeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	tests := []struct{ name, policy, http string }{
		{"policy", taken, freeAddr(t)},
		{"http", freeAddr(t), taken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			file := filepath.Join(dir, "callout.toml")
			write(t, file, fmt.Sprintf("data_dir = %q\n[policy]\nlisten = [\"unix:%s/p.sock\", %q]\n[http]\nlisten = %q\n",
				dir, dir, test.policy, test.http))
			r := callout(t, "serve", "-c", file)
			checkOneLine(t, []string{"serve"}, r, file+":"+placeOf(t, file, taken)+": ")
			if !strings.Contains(r.stderr, taken) {
				t.Errorf("%q does not name the listener %s", r.stderr, taken)
			}
		})
	}
}

// placeOf returns line:column of a quoted value in a file.
func placeOf(t *testing.T, file, value string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(b), "\n") {
		if column := strings.Index(line, `"`+value+`"`); column >= 0 {
			return fmt.Sprintf("%d:%d", i+1, column+1)
		}
	}
	t.Fatalf("%s does not have %q", file, value)
	return ""
}

// checkOneLine fails the test unless a command said one line that begins as given, or as "callout: " and that,
// and exited 2.
func checkOneLine(t *testing.T, verb []string, r result, begins string) {
	t.Helper()
	if r.exit != 2 || r.stdout != "" {
		t.Errorf("%v: exit %d, printed %q, want 2 and nothing", verb, r.exit, r.stdout)
	}
	line := strings.TrimPrefix(strings.TrimSuffix(r.stderr, "\n"), "callout: ")
	if !strings.HasPrefix(line, begins) || strings.Contains(line, "\n") {
		t.Errorf("%v: said %q, want one line that begins with %s", verb, r.stderr, begins)
	}
}
