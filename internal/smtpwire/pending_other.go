//go:build !linux

package smtpwire

import "net"

// Pending tells nothing on this system: what the other side has said or done shows with the next read.
func Pending(net.Conn) (octets, end bool) { return false, false }

// Peer tells nothing on this system.
func Peer(net.Conn) (done, broken bool) { return false, false }
