package gateway_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/certfile"
	"callout/internal/front/gateway"
	"callout/internal/lab"
)

// writePair writes a certificate for a name, and its key, into a folder. The modification time is that of the bubble.
func writePair(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	pair, err := lab.Certificate(name)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now(), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// The next handshake has the certificate that the files hold by then; the sessions that are open go on.
func TestReplacedCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		cert, key := writePair(t, dir, "filter.example.net")
		var said []error
		certificate, err := certfile.Load(cert, key, func(err error) { said = append(said, err) })
		if err != nil {
			t.Fatal(err)
		}
		gate := buildFake(t, plan{options: func(o *gateway.Options) { o.Certificate = certificate.Now }})
		before := gate.connect(t)
		before.expect("220")
		before.starttls()

		time.Sleep(2 * time.Second)
		writePair(t, dir, "renewed.example.net")
		after := gate.greeted(t)
		after.ask("STARTTLS", "220")
		if err := after.handshake(func(c *tls.Config) { c.ServerName = "renewed.example.net" }); err != nil {
			t.Error(err)
		}
		after.ask("EHLO client.example", "250")
		before.ask("EHLO client.example", "250")
		if !slices.Equal(said, []error{nil}) {
			t.Errorf("said: %v", said)
		}
	})
}
