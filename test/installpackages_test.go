package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callout/test/servers"
)

func TestInstallPackagesSaysOneLineAndInstallsNothingWhereAllAreThere(t *testing.T) {
	t.Parallel()
	said, calls, err := installPackages(t, map[string]string{"dpkg-query": "echo installed"})
	if err != nil || strings.Count(said, "\n") != 1 {
		t.Errorf("said %q, %v, want one line", said, err)
	}
	if calls != "" {
		t.Errorf("called apt-get %s", calls)
	}
}

func TestInstallPackagesUpdatesTheListsBeforeItInstallsWhatIsMissing(t *testing.T) {
	t.Parallel()
	said, calls, err := installPackages(t, map[string]string{
		"dpkg-query": `case "$*" in *swaks) [ -e "$0.done" ] && echo installed ;; *) echo installed ;; esac`,
		"apt-get":    `echo "$@" >>"$0.calls"; case "$*" in *swaks) >"${0%/*}/dpkg-query.done" ;; esac`,
		"id":         "echo 0",
	})
	if err != nil || strings.Count(said, "\n") != 1 || !strings.Contains(said, "swaks") {
		t.Errorf("said %q, %v, want one line that names swaks", said, err)
	}
	lines := strings.Split(strings.TrimSpace(calls), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], " update") ||
		!strings.HasSuffix(lines[1], " install --no-install-recommends swaks") {
		t.Errorf("called apt-get %q, want update, then install of swaks alone", lines)
	}
}

func TestInstallPackagesFailsWithOneLineThatNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		commands map[string]string
		mend     string
	}{
		{"no apt-get", map[string]string{"dpkg-query": "exit 1"}, "by hand"},
		{"not root", map[string]string{"dpkg-query": "exit 1", "apt-get": "exit 1", "id": "echo 1000"}, "sudo apt-get install"},
		{"apt-get fails", map[string]string{
			"dpkg-query":             "exit 1",
			"id":                     "echo 0",
			"debconf-set-selections": "read",
			"apt-get":                `echo "Reading lists"; echo "E: Unable to locate package swaks" >&2; exit 100`,
		}, "Unable to locate package swaks"},
		{"apt-get does nothing", map[string]string{
			"dpkg-query":             "exit 1",
			"id":                     "echo 0",
			"debconf-set-selections": "read",
			"apt-get":                "exit 0",
		}, "by hand"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			said, _, err := installPackages(t, test.commands)
			if err == nil || strings.Count(said, "\n") != 1 {
				t.Errorf("said %q, %v, want one line and a failure", said, err)
			}
			for _, word := range []string{"gcc", "postfix-lmdb", "swaks", test.mend} {
				if !strings.Contains(said, word) {
					t.Errorf("said %q, want %q in it", said, word)
				}
			}
		})
	}
}

func TestInstallPackagesLetsNoPackageStartItsService(t *testing.T) {
	t.Parallel()
	commands := map[string]string{
		"dpkg-query":             `[ -e "$0.done" ] && echo installed`,
		"apt-get":                `case "$*" in *install*) "${0%/*}/policy-rc.d" || echo "$?" >>"$0.calls"; >"${0%/*}/dpkg-query.done" ;; esac`,
		"id":                     "echo 0",
		"debconf-set-selections": "read",
	}
	said, calls, err := installPackages(t, commands)
	if err != nil || calls != "101\n" {
		t.Errorf("the policy that apt-get met exits %q, want 101; %q, %v", calls, said, err)
	}
	commands["policy-rc.d"] = "exit 104" // the machine's own
	if said, calls, err := installPackages(t, commands); err != nil || calls != "104\n" {
		t.Errorf("the policy that apt-get met exits %q, want the machine's own; %q, %v", calls, said, err)
	}
}

func TestInstallPackagesFailsWhereAServerCannotBeUnpacked(t *testing.T) {
	t.Parallel()
	said, _, err := installPackages(t, map[string]string{
		"dpkg-query":            "echo installed",
		"servers/install-roots": "echo missing: exim >&2; exit 1",
	})
	if err == nil || !strings.Contains(said, "missing: exim") {
		t.Errorf("said %q, %v, want a failure that names exim", said, err)
	}
}

// installPackages runs the script on a machine that has the given commands, as shell scripts, and of the others
// only a few that have nothing to do with packages. It returns what the script said and how apt-get was called.
func installPackages(t *testing.T, commands map[string]string) (said, calls string, err error) {
	t.Helper()
	bin := folder(t)
	servers.SubFolder(t, bin, "servers", "")
	command := func(name, script string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	command("servers/install-roots", "")
	for name, script := range commands {
		command(name, script)
	}
	for _, name := range []string{"chmod", "dirname", "grep", "rm", "tail"} {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	command("install-packages", servers.Read(t, "install-packages"))
	cmd := exec.Command("/bin/bash", filepath.Join(bin, "install-packages"))
	policy := filepath.Join(bin, "policy-rc.d")
	cmd.Env = []string{"PATH=" + bin, "POLICY_RC_D=" + policy}
	out, err := cmd.CombinedOutput()
	if _, own := commands["policy-rc.d"]; own != (servers.Read(t, policy) != "") {
		t.Errorf("the machine has its own policy-rc.d: %t, but it is there: %t", own, !own)
	}
	return string(out), servers.Read(t, filepath.Join(bin, "apt-get.calls")), err
}
