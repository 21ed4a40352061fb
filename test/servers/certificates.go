package servers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a certificate authority of the tests.
type Authority struct {
	Root string // path of its certificate, in PEM
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
}

// certificate says what is in a certificate, and how many days it is valid from now; negative for one that has
// expired so many days ago.
type certificate struct {
	name string // of its files
	dns  []string
	ips  []net.IP
	days int
}

// NewAuthority makes an authority in a folder that is removed after the test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &Authority{dir: Folder(t), key: key}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "Authority of the tests"},
		NotBefore:    time.Now().Add(-90 * 24 * time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	a.Root = filepath.Join(a.dir, "root.pem")
	Write(t, a.Root, a.sign(t, a.cert, a.key.Public()))
	return a
}

// issue makes a certificate for a new RSA key, which servers of any age have a cipher suite for, and returns the
// paths of both.
func (a *Authority) issue(t testing.TB, c certificate) (cert, key string) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(a.dir, c.name+".pem"), filepath.Join(a.dir, c.name+".key")
	Write(t, cert, a.sign(t, &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: c.name},
		NotBefore:    time.Now().Add(-60 * 24 * time.Hour),
		NotAfter:     time.Now().Add(time.Duration(c.days) * 24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     c.dns,
		IPAddresses:  c.ips,
	}, private.Public()))
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	Write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	return cert, key
}

func (a *Authority) sign(t testing.TB, template *x509.Certificate, key crypto.PublicKey) string {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
