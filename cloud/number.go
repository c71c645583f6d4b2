package cloud

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/understudy/understudy/cloud/internal/address"
)

// Port is where every cloud's API listens on its own loopback address, 127.NUMBER.0.1.
const Port = 4790

// claimNumber takes the first free cloud number, the wanted one first, by binding its endpoint: the kernel gives an
// endpoint to one process only, of all users. A number that is kept for another folder is skipped, unless all
// numbers are kept. The function take binds the number's other addresses. A killed cloud may hold some of them a
// moment longer than its endpoint, so a number is skipped if they are in use.
func claimNumber(wanted int, kept func(number int) bool, rest func(number int) error) (int, net.Listener, error) {
	for n := range 2 * 255 {
		pastKept := n >= 255
		if n %= 255; n == 0 {
			n = wanted
		}
		if n < 1 || n > 254 || kept(n) != pastKept {
			continue
		}
		l, err := net.Listen("tcp4", net.JoinHostPort(address.Endpoint(n).String(), strconv.Itoa(Port)))
		if err == nil {
			if err = rest(n); err == nil {
				return n, l, nil
			}
			l.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return 0, nil, fmt.Errorf("listen for the API: %w", err)
		}
	}
	return 0, nil, errors.New("254 clouds run on this machine already")
}
