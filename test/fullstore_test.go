package test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A disk of its own for data_dir, as a small file system in memory, can be filled without harm to others.
func TestAFullDiskCostsNoAnswer(t *testing.T) {
	t.Parallel()
	d := startDestination(t, []string{"dest.test"}, "john@dest.test", "jane@dest.test")
	s := newServer(t, domain("dest.test", d.Callouts))
	data := filepath.Join(s.dir, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", 0, "size=4m"); err != nil {
		t.Fatalf("mount a small file system: %v; run the tests as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(data, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", data, err)
		}
	})
	s.start(t)
	askOnce(t, s.policy, "john@dest.test")
	s.succeed(t, "cache", "list", "--domain", "dest.test") // written

	filler := filepath.Join(data, "filler")
	fill(t, filler)
	for recipient, want := range map[string]string{"jane@dest.test": "DUNNO", "nobody@dest.test": "550 5.1.1", "john@dest.test": "DUNNO"} {
		for range 2 {
			if action := askOnce(t, s.policy, recipient); !strings.HasPrefix(action, want) {
				t.Errorf("with a full disk, %s: %s, want %s", recipient, action, want)
			}
		}
	}
	eventually(t, 10*time.Second, "/readyz says that verdicts can't be stored", func() bool {
		status, body := s.get("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(body, "verdicts can't be stored")
	})
	eventually(t, 10*time.Second, "the log has the error", func() bool { return strings.Contains(s.log.String(), "level=ERROR") })
	if r := callout(t, "cache", "clear", "--domain", "dest.test", "-c", s.config); r.exit == 0 {
		t.Error("a clear that can't be durable was acknowledged")
	}
	if _, metrics := s.get("/metrics"); strings.Contains(metrics, "callout_store_write_errors_total 0\n") {
		t.Error("the failed writes are not counted")
	}

	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the server is ready again", func() bool {
		status, _ := s.get("/readyz")
		return status == http.StatusOK
	})
	s.terminate(t)
	s.start(t)
	before := d.TimesAsked(t)["jane@dest.test"]
	if action := askOnce(t, s.policy, "jane@dest.test"); action != "DUNNO" || d.TimesAsked(t)["jane@dest.test"] != before {
		t.Errorf("what was decided with a full disk was not kept when there was room: %s", action)
	}
}

// fill writes a file until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{64 << 10, 1024, 1} {
		for chunk := bytes.Repeat([]byte("x"), size); err == nil; {
			_, err = f.Write(chunk)
		}
		err = nil
	}
}
