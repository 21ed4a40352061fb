package certfile

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookEvery is how often the files of a certificate are looked at, at most.
const lookEvery = time.Second

// Certificate is one that is read anew when its files change. Make it with Load. Its methods may be called from any
// goroutine.
type Certificate struct {
	cert, key string
	changed   func(error)

	mu     sync.Mutex
	now    *tls.Certificate
	stamps [2]stamp
	failed string // why the files can't be used; "": they are in use
	looked time.Time
}

// stamp tells one state of a file from another.
type stamp struct {
	size     int64
	modified time.Time
}

// Load reads a certificate and its key, files in PEM. changed is called with what became of a change of the files: nil,
// or why the one before stays in use.
func Load(cert, key string, changed func(error)) (*Certificate, error) {
	c := &Certificate{cert: cert, key: key, changed: changed, looked: time.Now()}
	c.stamps = c.look()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", cert, key, err)
	}
	c.now = &pair
	return c, nil
}

// Get returns the certificate for a handshake: it is what tls.Config.GetCertificate is for.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.Now() }

// Now returns the certificate. Where its files have changed and can't be read, that is the one before.
func (c *Certificate) Now() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < lookEvery {
		return c.now, nil
	}
	c.looked = time.Now()
	stamps := c.look()
	if stamps == c.stamps && c.failed == "" {
		return c.now, nil
	}
	c.stamps = stamps
	c.read()
	return c.now, nil
}

// read reads the files. What can't be used is read again with each look, since not all that mends it changes a stamp,
// and told once.
func (c *Certificate) read() {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err == nil {
		c.now, c.failed = &pair, ""
		c.changed(nil)
		return
	}
	err = fmt.Errorf("certificate %s with key %s: %w; the one before stays in use", c.cert, c.key, err)
	if c.failed != err.Error() {
		c.failed = err.Error()
		c.changed(err)
	}
}

func (c *Certificate) look() (stamps [2]stamp) {
	for i, path := range []string{c.cert, c.key} {
		if info, err := os.Stat(path); err == nil {
			stamps[i] = stamp{info.Size(), info.ModTime()}
		}
	}
	return stamps
}
