package certfile_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callout/internal/certfile"
	"callout/internal/lab"
)

// files are those of a certificate.
type files struct {
	t         *testing.T
	cert, key string
	said      []error // what became of changes
}

// newFiles returns the files of a certificate for a name.
func newFiles(t *testing.T, name string) *files {
	dir := t.TempDir()
	f := &files{t: t, cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key")}
	cert, key := newPair(t, name)
	f.write(f.cert, cert)
	f.write(f.key, key)
	return f
}

// newPair returns a certificate for a name, and its key.
func newPair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	pair, err := lab.Certificate(name)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// write replaces a file, as those do that renew certificates: the modification time of what is written is that of the
// bubble, so that no two writes have the same.
func (f *files) write(path string, octets []byte) {
	f.t.Helper()
	time.Sleep(2 * time.Second)
	if err := os.WriteFile(path+".new", octets, 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chtimes(path+".new", time.Now(), time.Now()); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		f.t.Fatal(err)
	}
}

// load reads the certificate.
func (f *files) load() *certfile.Certificate {
	f.t.Helper()
	c, err := certfile.Load(f.cert, f.key, func(err error) { f.said = append(f.said, err) })
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

// nameOf returns whom a certificate is for now.
func nameOf(t *testing.T, c *certfile.Certificate) string {
	t.Helper()
	pair, err := c.Now()
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.DNSNames[0]
}

// While the files can't be used the certificate before stays in use, which is said once; when they can, they are.
func TestBrokenCertificate(t *testing.T) {
	other, otherKey := []byte(nil), []byte(nil)
	for name, breaks := range map[string]func(*files){
		"no certificate":     func(f *files) { os.Remove(f.cert) },
		"no key":             func(f *files) { os.Remove(f.key) },
		"half a certificate": func(f *files) { f.write(f.cert, other[:len(other)/2]) },
		"an empty key":       func(f *files) { f.write(f.key, nil) },
		"junk":               func(f *files) { f.write(f.cert, []byte("junk")) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFiles(t, "first.example.net")
				c := f.load()
				other, otherKey = newPair(t, "second.example.net")
				breaks(f)
				for range 5 {
					time.Sleep(2 * time.Second)
					if got := nameOf(t, c); got != "first.example.net" {
						t.Fatalf("in use: %s", got)
					}
				}
				if len(f.said) != 1 || f.said[0] == nil || !strings.Contains(f.said[0].Error(), "; the one before stays in use") {
					t.Fatalf("said: %v", f.said)
				}
				f.write(f.key, otherKey)
				f.write(f.cert, other)
				time.Sleep(2 * time.Second)
				if got := nameOf(t, c); got != "second.example.net" {
					t.Errorf("in use: %s", got)
				}
				if len(f.said) != 2 || f.said[1] != nil {
					t.Errorf("said: %v", f.said)
				}
			})
		})
	}
}

// What was mended without a trace in the files' times is found too: a file that could not be opened.
func TestCertificateThatCannotBeOpenedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFiles(t, "first.example.net")
		c := f.load()
		cert, _ := newPair(t, "second.example.net")
		if err := os.Mkdir(f.cert+".d", 0o700); err != nil {
			t.Fatal(err)
		}
		real := filepath.Join(f.cert+".d", "real")
		f.write(real, cert)
		stamp, err := os.Stat(real)
		if err != nil {
			t.Fatal(err)
		}
		// What can't be read has the size and time of what can, as it has where permissions are wrong.
		f.write(f.cert, bytes.Repeat([]byte("x"), len(cert)))
		os.Chtimes(f.cert, stamp.ModTime(), stamp.ModTime())
		time.Sleep(2 * time.Second)
		if got := nameOf(t, c); got != "first.example.net" {
			t.Fatalf("in use: %s", got)
		}
		if err := os.Rename(real, f.cert); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if got := nameOf(t, c); got != "second.example.net" || len(f.said) != 2 {
			t.Errorf("in use: %s; said: %v", got, f.said)
		}
	})
}

// The files are looked at once a second at most.
func TestCertificateIsNotLookedAtForEachHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFiles(t, "first.example.net")
		c := f.load()
		time.Sleep(2 * time.Second)
		nameOf(t, c)
		os.Remove(f.cert)
		time.Sleep(500 * time.Millisecond)
		nameOf(t, c)
		if len(f.said) != 0 {
			t.Errorf("said: %v", f.said)
		}
		time.Sleep(500 * time.Millisecond)
		nameOf(t, c)
		if len(f.said) != 1 {
			t.Errorf("said: %v", f.said)
		}
	})
}

// A certificate that can't be used at the start is an error that names the files.
func TestLoadFails(t *testing.T) {
	dir := t.TempDir()
	_, err := certfile.Load(dir+"/tls.crt", dir+"/tls.key", nil)
	if err == nil || !strings.Contains(err.Error(), "certificate "+dir+"/tls.crt with key "+dir+"/tls.key: ") {
		t.Error(err)
	}
}

// A handshake shows what the files hold by then.
func TestHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		served := &tls.Config{GetCertificate: newFiles(t, "first.example.net").load().Get}
		if shown, err := handshake(served); err != nil || shown != "first.example.net" {
			t.Errorf("shown %q, %v", shown, err)
		}
	})
}

// handshake returns whom the certificate is for that a server shows.
func handshake(served *tls.Config) (string, error) {
	client, server := net.Pipe()
	defer client.Close()
	defer server.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		tls.Server(server, served).Handshake()
		server.Close()
	}()
	conn := tls.Client(client, &tls.Config{InsecureSkipVerify: true})
	err := conn.Handshake()
	client.Close()
	<-done
	if err != nil {
		return "", err
	}
	return conn.ConnectionState().PeerCertificates[0].DNSNames[0], nil
}
