package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"time"

	proxyproto "github.com/pires/go-proxyproto"

	"callout/internal/smtpwire"
)

const (
	proxyTimeout = 10 * time.Second // for a proxy to send its header
	proxyLine    = 107              // octets that a header of version 1 has at most
)

// proxied reports whether the connection begins with a PROXY header: those that a proxy makes do.
func (c *session) proxied() bool {
	a := c.client.Addr().WithZone("")
	for _, network := range c.ProxyFrom {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// unwrap reads the PROXY header (haproxy.org, proxy-protocol.txt). A proxy that checks whether we are there names
// nobody, and is the client itself.
func (c *session) unwrap() bool {
	c.conn.SetReadDeadline(time.Now().Add(proxyTimeout))
	if c.closing.Load() { // Shutdown's interrupt may have come before the deadline was set
		return false
	}
	conn := behindHeader{c.conn, bufio.NewReader(c.conn)}
	header, err := conn.header()
	if err != nil {
		if !c.closing.Load() && !errors.Is(err, io.EOF) { // which is how some look whether we are there
			c.log.Warn("gateway: no PROXY header from a proxy; connection closed", "peer", c.client.Addr().String(), "err", err)
		}
		return false
	}
	if a := addrPort(header.SourceAddr); header.Command.IsProxy() && a.IsValid() {
		c.client = a
	}
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	c.r = smtpwire.NewReaderSize(conn, readBuffer)
	return true
}

// behindHeader is a connection of which a PROXY header is, or will be, read.
type behindHeader struct {
	net.Conn
	br *bufio.Reader
}

// NetConn returns the connection that the header came over.
func (b behindHeader) NetConn() net.Conn { return b.Conn }

// Read reads what comes behind the header.
func (b behindHeader) Read(p []byte) (int, error) { return b.br.Read(p) }

// header reads the header. One of version 1 may come in pieces, but the library takes it only whole.
func (b behindHeader) header() (*proxyproto.Header, error) {
	for n := 1; n <= proxyLine; n = b.br.Buffered() + 1 {
		if _, err := b.br.Peek(n); err != nil {
			return nil, err
		}
		line, _ := b.br.Peek(b.br.Buffered())
		if line[0] != 'P' || bytes.IndexByte(line, '\n') >= 0 {
			break
		}
	}
	return proxyproto.Read(b.br)
}
