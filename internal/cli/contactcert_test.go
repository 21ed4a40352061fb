package cli_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callout/internal/lab"
)

// pemOf writes a certificate as a file.
func pemOf(t *testing.T, certificate tls.Certificate) string {
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// encrypted is a server with a certificate for a name, and the file of it.
func encrypted(t *testing.T, name string) (url, file string) {
	certificate, err := lab.Certificate(name)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, pemOf(t, certificate)
}

// A certificate counts when the system or --ca trusts it, and only for its name.
func TestCertificateOfServerAtURL(t *testing.T) {
	token := []string{"--token", "callout_x"}
	run := func(args ...string) (int, string) {
		exit, _, err := verb(t, append(append([]string{"status"}, token...), args...)...)
		return exit, err
	}
	url, file := encrypted(t, "127.0.0.1")
	if exit, err := run("--url", url, "--ca", file); exit != 0 {
		t.Errorf("with --ca: exit %d, %s", exit, err)
	}
	const mend = "; name the certificate that it is, or that has signed it, with --ca FILE\n"
	exit, err := run("--url", url)
	if exit != 1 || !strings.HasPrefix(err, "callout: the server at "+url+": its certificate is not trusted: x509: ") || !strings.HasSuffix(err, mend) {
		t.Errorf("without --ca: exit %d, %s", exit, err)
	}
	if exit, err := run("--url", url, "--insecure"); exit != 1 {
		t.Errorf("--insecure trusts anybody: exit %d, %s", exit, err)
	}
	other, otherFile := encrypted(t, "filter.example.net")
	exit, err = run("--url", other, "--ca", otherFile)
	if exit != 1 || !strings.Contains(err, "its certificate is for another name: ") {
		t.Errorf("for another name: exit %d, %s", exit, err)
	}
	exit, err = run("--url", strings.Replace(url, "https:", "http:", 1))
	if want := "speaks TLS; write https://\n"; exit != 1 || !strings.HasSuffix(err, want) {
		t.Errorf("http to TLS: exit %d, %s", exit, err)
	}
	plain := distant(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") })
	exit, err = run("--url", strings.Replace(plain, "http:", "https:", 1))
	if exit != 1 || !strings.Contains(err, " does not speak TLS; write http://") {
		t.Errorf("https to plain HTTP: exit %d, %s", exit, err)
	}
}
