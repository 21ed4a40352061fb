package servers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Stand-ins for apt-get and dpkg. Each server is its own package and one that all need. The version is in a file
// beside them, so that a test can change it.
const (
	fakeApt = `
version=$(cat "${0%/*}/version")
case " $* " in
*" update "*) echo update >>"${0%/*}/calls" ;;
*" --print-uris "*) printf "'http://x/%s' %s_$version.deb 10 SHA256:$version\n" "${@: -1}" "${@: -1}" all all ;;
*" --download-only "*) echo "download ${@: -1}" >>"${0%/*}/calls"
	for o; do case $o in Dir::Cache::archives=*) touch "${o#*=}/${@: -1}_$version.deb" "${o#*=}/all_$version.deb" ;; esac; done ;;
esac`
	fakeDpkg = `[ -e "$2" ] && mkdir -p "$3/usr/share/doc" && echo x >"$3/usr/share/doc/x" && basename "$2" >"$3/$(basename "$2" | cut -d _ -f 1)"`
)

// machine is one where install-roots has stand-ins for the commands it runs.
type machine struct {
	t          *testing.T
	bin, cache string
}

func newMachine(t *testing.T) *machine {
	m := &machine{t: t, bin: Folder(t), cache: filepath.Join(Folder(t), "cache")}
	m.command("apt-get", fakeApt)
	m.command("dpkg", fakeDpkg)
	m.command("id", "echo 0")
	m.version("1")
	return m
}

func (m *machine) command(name, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.bin, name), []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) version(v string) { Write(m.t, filepath.Join(m.bin, "version"), v) }

// run runs the script, which must say one line, and returns it with the calls that changed something.
func (m *machine) run() (said, calls string, err error) {
	m.t.Helper()
	os.Remove(filepath.Join(m.bin, "calls"))
	cmd := exec.Command("./install-roots")
	cmd.Env = []string{"PATH=" + m.bin + ":/usr/bin:/bin", "CALLOUT_TEST_CACHE=" + m.cache}
	out, err := cmd.CombinedOutput()
	said = string(out)
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "test/servers/install-roots: ") {
		m.t.Errorf("said %q, want one line", said)
	}
	return said, Read(m.t, filepath.Join(m.bin, "calls")), err
}

// expect fails the test unless the folder of a server in the cache has the package in that version and nothing
// unfinished is left; "" for no folder.
func (m *machine) expect(server, version string) {
	m.t.Helper()
	want := ""
	if version != "" {
		want = "all_" + version + ".deb\n"
	}
	if got := Read(m.t, filepath.Join(m.cache, server, "all")); got != want {
		m.t.Errorf("%s has %q, want %q", server, got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(m.cache, "unpacking.*")); len(left) > 0 {
		m.t.Errorf("left behind: %q", left)
	}
}

func TestInstallRootsUnpacksEachServerOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	said, calls, err := m.run()
	if err != nil || !strings.HasSuffix(said, "unpacked: exim sendmail opensmtpd dovecot\n") {
		t.Errorf("said %q, %v", said, err)
	}
	if want := "update\ndownload exim4-daemon-light\ndownload sendmail-bin\ndownload opensmtpd\ndownload dovecot-lmtpd\n"; calls != want {
		t.Errorf("called apt-get for %q, want %q", calls, want)
	}
	m.expect("exim", "1")
	m.expect("dovecot", "1")
	if Read(t, filepath.Join(m.cache, "exim/exim4-daemon-light")) == "" {
		t.Error("exim's folder lacks its own package")
	}
	if _, err := os.Stat(filepath.Join(m.cache, "exim/usr/share/doc")); err == nil {
		t.Error("documentation was kept")
	}

	said, calls, err = m.run()
	if err != nil || calls != "" || !strings.Contains(said, "all there") {
		t.Errorf("the second time it said %q, %v, and called apt-get for %q", said, err, calls)
	}
}

func TestInstallRootsMakesAServerAnewWhenItsVersionsHaveChanged(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.run()
	m.version("2")
	// As if apt's lists were newer than what was found last time.
	if err := os.Chtimes(filepath.Join(m.cache, "sendmail/packages"), time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	said, calls, err := m.run()
	if err != nil || !strings.HasSuffix(said, "unpacked: sendmail\n") || calls != "update\ndownload sendmail-bin\n" {
		t.Errorf("said %q, %v, and called apt-get for %q", said, err, calls)
	}
	m.expect("sendmail", "2")
	m.expect("exim", "1")
}

func TestInstallRootsFailsWithOneLineThatNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, command, script, says string
	}{
		{"no such package", "apt-get", "exit 0", "missing: exim sendmail opensmtpd dovecot; apt-get does not know exim4-daemon-light"},
		{"lists fail", "apt-get", `case " $* " in *" update "*) echo "E: no network"; exit 100 ;; esac`, "failed: E: no network"},
		{"download fails", "apt-get", `case " $* " in *" --download-only "*) echo "E: Failed to fetch"; exit 100 ;; esac` + fakeApt, "failed: E: Failed to fetch"},
		{"not root", "id", "echo 1000", "run this as root"},
		{"unpacking fails", "dpkg", fakeDpkg + `; case $2 in */opensmtpd_*) echo "dpkg-deb: error: broken"; exit 2 ;; esac`, "failed: dpkg-deb: error: broken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.command(test.command, test.script)
			said, _, err := m.run()
			if err == nil || !strings.Contains(said, "missing: ") || !strings.Contains(said, test.says) {
				t.Errorf("said %q, %v, want %q", said, err, test.says)
			}
			m.expect("opensmtpd", "") // whole, or not at all
			m.expect("dovecot", "")
		})
	}
}
