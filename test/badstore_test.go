package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServeDoesNotStartOnAStoreThatItCannotOpenAndNamesIt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		spoil func(t *testing.T, dataDir string) (named string)
	}{
		{"data_dir is a file", func(t *testing.T, dataDir string) string {
			if err := os.RemoveAll(dataDir); err != nil {
				t.Fatal(err)
			}
			write(t, dataDir, "")
			return dataDir
		}},
		{"the database is garbage", func(t *testing.T, dataDir string) string {
			files, err := filepath.Glob(filepath.Join(dataDir, "*.db"))
			if err != nil || len(files) != 1 {
				t.Fatalf("databases in data_dir: %v, %v, want one", files, err)
			}
			write(t, files[0], strings.Repeat("this is no database\n", 1000))
			return files[0]
		}},
		{"the database is a folder", func(t *testing.T, dataDir string) string {
			files, err := filepath.Glob(filepath.Join(dataDir, "*.db"))
			if err != nil || len(files) != 1 {
				t.Fatalf("databases in data_dir: %v, %v, want one", files, err)
			}
			if err := os.Remove(files[0]); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(files[0], 0o755); err != nil {
				t.Fatal(err)
			}
			return files[0]
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := startServer(t, "")
			s.terminate(t)
			named := test.spoil(t, filepath.Join(s.dir, "data"))
			r := callout(t, "serve", "-c", s.config)
			if r.exit == 0 || !strings.Contains(r.stderr, named) {
				t.Errorf("exit %d, want another than 0, and %s named:\n%s", r.exit, named, r.stderr)
			}
			if listening("tcp", s.policy) {
				t.Error("the policy listener is open")
			}
		})
	}
}
