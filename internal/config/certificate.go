package config

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"callout/internal/domains"
)

// maxPEM bounds a file with a certificate or a key, in octets.
const maxPEM = 1 << 20

// placedPath is a file that the document names, and the value that names it; node is nil where the key is left out.
type placedPath struct {
	path string
	node *node
}

// clientCert reads callout.client_cert.
func (r reading) clientCert() { r.path(&r.to.later.cert) }

// clientKey reads callout.client_key.
func (r reading) clientKey() { r.path(&r.to.later.key) }

func (r reading) path(to *placedPath) {
	if r.node.kind != isText {
		r.fail("%s is not text; write for example \"client.pem\"", r.node.show())
		return
	}
	if why := badPath(r.node.text); r.node.text != "" && why != "" {
		r.fail("%s %s", r.node.show(), why)
		return
	}
	*to = placedPath{r.node.text, r.node}
}

// pemKeys are the keys that name a certificate and its key.
var pemKeys = [2]string{"client_cert", "client_key"}

// certificates loads client certificates, each once, however many domains name it.
type certificates struct {
	folder string // what paths are relative to
	loaded map[[2]string]*tls.Certificate
}

// newCertificates is for a file that is called so.
func newCertificates(document string) *certificates {
	return &certificates{filepath.Dir(document), map[[2]string]*tls.Certificate{}}
}

// certificate gives settings the client certificate that client_cert and client_key name, where they are there.
func (l *later) certificate(p *problems, prefix string, settings *domains.Settings, certs *certificates) {
	const both = "%s has no %s beside it; write both, or neither"
	cert, key := l.cert, l.key
	switch {
	case cert.node == nil && key.node == nil:
	case cert.path == "" && key.path == "":
		settings.Callout.ClientCert = nil
	case key.path == "":
		p.add(cert.node.off, prefix+"client_cert", both, cert.node.show(), "client_key")
	case cert.path == "":
		p.add(key.node.off, prefix+"client_key", both, key.node.show(), "client_cert")
	default:
		settings.Callout.ClientCert = certs.load(p, prefix, cert, key)
	}
}

// noCertificate refuses certificates in the settings of a domain of the store, which may be on another machine.
func (l *later) noCertificate(p *problems, prefix string) {
	for i, at := range []placedPath{l.cert, l.key} {
		if name := pemKeys[i]; at.path != "" {
			p.add(at.node.off, prefix+name, "certificates belong in the configuration file; write %s in its [callout], or the domain in the file", name)
		}
	}
}

// load reads a certificate and its key. It returns nil, and adds the problem, where they are none.
func (c *certificates) load(p *problems, prefix string, cert, key placedPath) *tls.Certificate {
	pair := [2]string{within(c.folder, cert.path), within(c.folder, key.path)}
	if loaded, ok := c.loaded[pair]; ok {
		return loaded
	}
	for i, at := range []placedPath{cert, key} {
		if err := checkRegular(pair[i], maxPEM); err != nil {
			p.add(at.node.off, prefix+pemKeys[i], "%s: %s", pair[i], fileMend(err))
			return nil
		}
	}
	loaded, err := tls.LoadX509KeyPair(pair[0], pair[1])
	if err == nil {
		c.loaded[pair] = &loaded
		return &loaded
	}
	which, text := blame(err, pair)
	p.add([]placedPath{cert, key}[which].node.off, prefix+pemKeys[which], "%s", text)
	return nil
}

// blame says which of a certificate's two files is wrong, 0 or 1, and what to do.
func blame(err error, pair [2]string) (which int, text string) {
	why := strings.TrimPrefix(err.Error(), "tls: ")
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		if path.Path == pair[1] {
			which = 1
		}
		return which, path.Path + ": " + fileMend(path)
	}
	if !hasCertificate(pair[0]) || strings.HasPrefix(why, "x509: ") {
		return 0, pair[0] + ": " + why + "; name a file with the certificate in PEM"
	}
	return 1, pair[1] + ": " + why + "; name the file with the key of " + pair[0] + " in PEM, without a password"
}

// hasCertificate reports whether a file has a PEM block with a certificate.
func hasCertificate(path string) bool {
	rest, err := os.ReadFile(path)
	for block := (*pem.Block)(nil); err == nil; {
		if block, rest = pem.Decode(rest); block == nil {
			return false
		}
		if block.Type == "CERTIFICATE" {
			return true
		}
	}
	return false
}
