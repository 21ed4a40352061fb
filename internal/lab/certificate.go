package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync"
	"time"
)

// authority signs the certificates of scripted destinations.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	err  error
}

// theAuthority is made once in a process, since Roots and every Network must agree on it.
var theAuthority = sync.OnceValue(newAuthority)

// Certificates are valid in the years that tests play in: fake time begins in 2000.
var (
	validFrom = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	expired   = time.Date(1999, 12, 1, 0, 0, 0, 0, time.UTC)
	validTo   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Roots returns the certificates that a client must trust to trust those of scripted destinations. Expired ones
// and ones for another name are signed by the same authority. It panics where the system has no random numbers.
func Roots() *x509.CertPool {
	a := theAuthority()
	if a.err != nil {
		panic(a.err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func newAuthority() *authority {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab authority"},
		NotBefore: validFrom, NotAfter: validTo,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := new(authority)
	if a.key, a.err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); a.err != nil {
		return a
	}
	var der []byte
	if der, a.err = x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key); a.err == nil {
		a.cert, a.err = x509.ParseCertificate(der)
	}
	return a
}

// Certificate returns a certificate for host names and IP addresses that the holder of Roots trusts from 1990 to
// 2100: for a server, and for a client that shows one.
func Certificate(names ...string) (tls.Certificate, error) { return certificate(names, validTo) }

// certificate returns one for names that is valid until then. The authority's own key serves for all of them.
func certificate(names []string, until time.Time) (tls.Certificate, error) {
	a := theAuthority()
	if a.err != nil {
		return tls.Certificate{}, a.err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: validFrom, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &a.key.PublicKey, a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, err
}

// serverConfig returns how a destination speaks TLS in a handshake. It sends no session tickets, which would be a
// write that a client only reads together with the next reply.
func serverConfig(h handshake, names []string) (*tls.Config, error) {
	until := validTo
	if h.expired {
		until = expired
	}
	if h.name != "" {
		names = []string{h.name}
	}
	cert, err := certificate(names, until)
	config := &tls.Config{
		Certificates: []tls.Certificate{cert}, SessionTicketsDisabled: true,
		MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS13,
	}
	if h.version != 0 {
		config.MinVersion, config.MaxVersion = h.version, h.version
	}
	if h.wantsCert {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	return config, err
}
