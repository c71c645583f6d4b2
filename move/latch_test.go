package move

import (
	"testing"
	"time"

	"github.com/understudy/understudy"
)

// days is a primary that comes and goes, seen once a minute: the letters are the primary's health, u or d. The name follows it
// two minutes later, unless the switch holds it at the standby. It returns how often users moved.
func days(l *Latch, health string, may bool) (moves int, at understudy.Side) {
	at, position, byLatch := understudy.Primary, understudy.Primary, false
	for n := range health {
		ill := func(n int) bool { return n >= 0 && health[n] == 'd' }
		leads := understudy.Primary
		if position == understudy.Secondary || ill(n-1) && ill(n-2) || at == understudy.Secondary && (ill(n-1) || ill(n-2)) {
			leads = understudy.Secondary
		}
		if leads != at {
			moves, at = moves+1, leads
		}
		to := l.Next(Sight{At: time.Unix(0, 0).Add(time.Duration(n) * time.Minute), Switch: position, ByLatch: byLatch, Answer: at, PrimaryOK: !ill(n)})
		if to != "" && may {
			position, byLatch = to, true
		}
	}
	return moves, at
}

func TestUsersOfAFlappingPrimaryMoveOnce(t *testing.T) {
	const flapping = "uuudddduuuddduuuuddddduuudddduuuuuuu"
	if moves, at := days(&Latch{}, flapping, false); moves < 6 || at != understudy.Primary {
		t.Errorf("without a latch they move %d times, to the %s: the test shows nothing", moves, at)
	}
	if moves, at := days(&Latch{}, flapping, true); moves != 1 || at != understudy.Secondary {
		t.Errorf("they move %d times, and end at the %s", moves, at)
	}
}

func TestUsersGoBackAfterTheDeclaredTimeOfHealth(t *testing.T) {
	if moves, at := days(&Latch{After: 5 * time.Minute}, "uuudddduuuuduuuuuuuuuu", true); moves != 2 || at != understudy.Primary {
		t.Errorf("they move %d times, and end at the %s", moves, at)
	}
	if moves, at := days(&Latch{After: 5 * time.Minute}, "uuudddduuuuduuuudu", true); moves != 1 || at != understudy.Secondary {
		t.Errorf("before the time is over they move %d times, and are at the %s", moves, at)
	}
}

func TestLatchLeavesAPersonsWorkAlone(t *testing.T) {
	healthy := func(position, answer understudy.Side, n int) Sight {
		return Sight{At: time.Unix(int64(n)*60, 0), Switch: position, Answer: answer, PrimaryOK: true}
	}
	l := &Latch{After: time.Minute}
	for n, s := range []Sight{
		healthy(understudy.Primary, understudy.Primary, 0),
		healthy(understudy.Secondary, understudy.Primary, 1), // failover
		healthy(understudy.Secondary, understudy.Secondary, 9),
		healthy(understudy.Primary, understudy.Secondary, 10), // failback: the name follows
		healthy(understudy.Primary, understudy.Secondary, 11),
		healthy(understudy.Primary, understudy.Primary, 12),
		{At: time.Unix(800, 0)}, // nothing can be seen
	} {
		if to := l.Next(s); to != "" {
			t.Errorf("look %d: the latch sets the switch to the %s", n, to)
		}
	}
	// A watch that begins in the middle of an outage finds it.
	ill := Sight{At: time.Unix(900, 0), Switch: understudy.Primary, Answer: understudy.Secondary}
	if to := new(Latch).Next(ill); to != understudy.Secondary {
		t.Errorf("a watch that begins during an outage sets %q", to)
	}
	if l.Next(ill); l.Next(healthy(understudy.Primary, understudy.Secondary, 16)) != "" {
		t.Error("a switch that could not be set is taken for set")
	}
	l.Failed(understudy.Secondary)
	if to := l.Next(healthy(understudy.Primary, understudy.Secondary, 17)); to != understudy.Secondary {
		t.Errorf("after a failed call the latch sets %q", to)
	}
}
