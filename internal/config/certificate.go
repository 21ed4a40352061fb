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

// tlsCert reads gateway.tls_cert.
func (r reading) tlsCert() { r.path(&r.to.later.tlsCert) }

// tlsKey reads gateway.tls_key.
func (r reading) tlsKey() { r.path(&r.to.later.tlsKey) }

// httpCert reads http.tls_cert.
func (r reading) httpCert() { r.path(&r.to.later.httpCert) }

// httpKey reads http.tls_key.
func (r reading) httpKey() { r.path(&r.to.later.httpKey) }

func (r reading) path(to *placedPath) {
	if r.node.kind != isText {
		r.fail("%s is not text; write for example %s", r.node.show(), r.key.takes.example)
		return
	}
	if why := badPath(r.node.text); r.node.text != "" && why != "" {
		r.fail("%s %s", r.node.show(), why)
		return
	}
	*to = placedPath{r.node.text, r.node}
}

// The keys that name a certificate and its key.
var (
	clientPEM = [2]string{"client_cert", "client_key"}
	serverPEM = [2]string{"tls_cert", "tls_key"}
)

// certificates loads certificates, each once, however many domains name it.
type certificates struct {
	folder string // what paths are relative to
	loaded map[[2]string]*tls.Certificate
}

// newCertificates is for a file that is called so.
func newCertificates(document string) *certificates {
	return &certificates{filepath.Dir(document), map[[2]string]*tls.Certificate{}}
}

// pemPair is the values of two keys that belong together; prefix is what comes before their names in problems.
type pemPair struct {
	prefix    string
	keys      [2]string
	cert, key placedPath
}

// whole reports whether both files are named, and says so where one is named alone.
func (pair pemPair) whole(p *problems) bool {
	const both = "%s has no %s beside it; write both, or neither"
	switch {
	case pair.cert.path == "" && pair.key.path == "":
	case pair.key.path == "":
		p.add(pair.cert.node.off, pair.prefix+pair.keys[0], both, pair.cert.node.show(), pair.keys[1])
	case pair.cert.path == "":
		p.add(pair.key.node.off, pair.prefix+pair.keys[1], both, pair.key.node.show(), pair.keys[0])
	default:
		return true
	}
	return false
}

// certificate gives settings the client certificate that client_cert and client_key name, where they are there.
func (l *later) certificate(p *problems, prefix string, settings *domains.Settings, certs *certificates) {
	pair := pemPair{prefix, clientPEM, l.cert, l.key}
	switch {
	case pair.whole(p):
		settings.Callout.ClientCert = certs.load(p, pair)
	case l.cert.node != nil || l.key.node != nil:
		settings.Callout.ClientCert = nil // both are "", or one is missing, which has been said
	}
}

// gatewayCertificate names the certificate of the gateway.
func (l *later) gatewayCertificate(p *problems, g *Gateway, certs *certificates) {
	g.TLSCert, g.TLSKey = certs.server(p, pemPair{"gateway.", serverPEM, l.tlsCert, l.tlsKey})
}

// httpCertificate names the certificate of the HTTP listener.
func (l *later) httpCertificate(p *problems, h *HTTP, certs *certificates) {
	h.TLSCert, h.TLSKey = certs.server(p, pemPair{"http.", serverPEM, l.httpCert, l.httpKey})
}

// server returns the files of a certificate that a listener shows, "" for none. It is loaded to see that it can be: who
// listens loads it by itself, again and again.
func (c *certificates) server(p *problems, pair pemPair) (cert, key string) {
	if !pair.whole(p) || c.load(p, pair) == nil {
		return "", ""
	}
	return within(c.folder, pair.cert.path), within(c.folder, pair.key.path)
}

// noCertificate refuses certificates in the settings of a domain of the store, which may be on another machine.
func (l *later) noCertificate(p *problems, prefix string) {
	for i, at := range []placedPath{l.cert, l.key} {
		if name := clientPEM[i]; at.path != "" {
			p.add(at.node.off, prefix+name, "certificates belong in the configuration file; write %s in its [callout], or the domain in the file", name)
		}
	}
}

// load reads a certificate and its key. It returns nil, and adds the problem, where they are none.
func (c *certificates) load(p *problems, pair pemPair) *tls.Certificate {
	at := [2]placedPath{pair.cert, pair.key}
	paths := [2]string{within(c.folder, pair.cert.path), within(c.folder, pair.key.path)}
	if loaded, ok := c.loaded[paths]; ok {
		return loaded
	}
	for i, path := range paths {
		if err := checkRegular(path, maxPEM); err != nil {
			p.add(at[i].node.off, pair.prefix+pair.keys[i], "%s: %s", path, fileMend(err))
			return nil
		}
	}
	loaded, err := tls.LoadX509KeyPair(paths[0], paths[1])
	if err == nil {
		c.loaded[paths] = &loaded
		return &loaded
	}
	which, text := blame(err, paths)
	p.add(at[which].node.off, pair.prefix+pair.keys[which], "%s", text)
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
