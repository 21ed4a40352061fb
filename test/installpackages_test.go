package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
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

// installPackages runs the script on a machine that has the given commands, as shell scripts, and of the others
// only grep and tail. It returns what the script said and how apt-get was called.
func installPackages(t *testing.T, commands map[string]string) (said, calls string, err error) {
	t.Helper()
	bin := folder(t)
	for name, script := range commands {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"grep", "tail"} {
		if err := os.Symlink(tool(t, name), filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/bin/bash", "install-packages")
	cmd.Env = []string{"PATH=" + bin}
	out, err := cmd.CombinedOutput()
	b, readErr := os.ReadFile(filepath.Join(bin, "apt-get.calls"))
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	return string(out), string(b), err
}
