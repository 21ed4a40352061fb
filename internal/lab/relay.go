package lab

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay is one connection that a Delay passes on.
type relay struct {
	d      *Delay
	client net.Conn
	left   atomic.Bool // the client has closed its side
	done   atomic.Bool // nothing passes any more

	mu      sync.Mutex
	counter counter
}

func (r *relay) traffic() Traffic {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counter.Traffic
}

// run passes on both ways until both sides have closed, or one can't be written to.
func (r *relay) run() {
	defer r.done.Store(true)
	defer r.client.Close()
	server, err := new(net.Dialer).DialContext(r.d.ctx, "tcp", r.d.server)
	if err != nil {
		return
	}
	cut := func() {
		r.client.Close()
		server.Close()
	}
	defer cut()
	stop := context.AfterFunc(r.d.ctx, cut)
	defer stop()
	out := lane{from: r.client, to: server, read: r.said, closed: func() { r.left.Store(true) }, cut: cut}
	back := lane{from: server, to: r.client, read: r.replied, delivered: r.heard, cut: cut}
	var wait sync.WaitGroup
	for _, l := range []lane{out, back} {
		parcels := make(chan parcel, maxParcels)
		wait.Go(func() { l.take(parcels, r.d.oneWay) })
		wait.Go(func() { l.deliver(r.d.ctx, parcels) })
	}
	wait.Wait()
}

func (r *relay) said(octets []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counter.said(octets)
}

func (r *relay) replied(octets []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counter.replied(octets)
}

func (r *relay) heard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counter.heard = true
}

// lane is one direction of a relay.
type lane struct {
	from, to  net.Conn
	read      func(octets []byte)
	delivered func() // is called before octets are delivered; nil for none
	closed    func() // is called when from has closed its side; nil for none
	cut       func() // closes both
}

// parcel is octets on their way.
type parcel struct {
	due    time.Time
	octets []byte
}

// take reads what one side says.
func (l lane) take(parcels chan<- parcel, oneWay time.Duration) {
	defer close(parcels)
	buf := make([]byte, maxParcel)
	for {
		n, err := l.from.Read(buf)
		if n > 0 {
			octets := append([]byte(nil), buf[:n]...)
			l.read(octets)
			parcels <- parcel{time.Now().Add(oneWay), octets}
		}
		if err == nil {
			continue
		}
		if l.closed != nil {
			l.closed()
		}
		if err != io.EOF {
			l.cut() // there is nobody to deliver replies to
		}
		return
	}
}

// deliver writes it to the other, at its time. What is left when that fails goes nowhere.
func (l lane) deliver(ctx context.Context, parcels <-chan parcel) {
	for p := range parcels {
		if pause(ctx, time.Until(p.due)) != nil {
			continue
		}
		if l.delivered != nil {
			l.delivered()
		}
		if _, err := l.to.Write(p.octets); err != nil {
			l.cut()
		}
	}
	if half, ok := l.to.(*net.TCPConn); ok {
		half.CloseWrite()
	}
}

// pause waits, and returns an error where ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
