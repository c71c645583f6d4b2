package machine

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// The ids of a root-started cloud's instances, 65,536 of them: nobody's on any usual system. Debian and systemd give ids
// below 65,536 to users and services, subuid(5) begins at 100,000, and systemd's containers end just before this one
// (https://systemd.io/UIDS-GIDS/).
const (
	firstID = 0x70000000
	idCount = 1 << 16
	nobody  = 65534 // the user and group of that name
)

// span is a run of ids: those from inner up, inside an instance, are those from outer up for the region.
type span struct{ inner, outer, size int }

// idMap maps an instance's ids to the region's. Both sides count from 0, and are the ids that lstat shows there.
type idMap []span

// outside returns the region's id for an instance's id; false if the instance has no such id.
func (m idMap) outside(inner int) (int, bool) {
	for _, s := range m {
		if inner >= s.inner && inner < s.inner+s.size {
			return s.outer + inner - s.inner, true
		}
	}
	return inner, false
}

// inside returns an instance's id for one of the region's ids. An id that no instance has is not changed, which is right
// for files that the region itself has put into an instance's folder on behalf of the instance's root.
func (m idMap) inside(outer int) int {
	for _, s := range m {
		if outer >= s.outer && outer < s.outer+s.size {
			return s.inner + outer - s.outer
		}
	}
	return outer
}

// has reports whether instances have one of the region's ids.
func (m idMap) has(outer int) bool {
	return slices.ContainsFunc(m, func(s span) bool { return outer >= s.outer && outer < s.outer+s.size })
}

// kernel is the map as /proc/PID/uid_map takes it (user_namespaces(7)).
func (m idMap) kernel() string {
	var b strings.Builder
	for _, s := range m {
		fmt.Fprintln(&b, s.inner, s.outer, s.size)
	}
	return b.String()
}

// last is the region's id for the highest id of instances.
func (m idMap) last() int {
	high := 0
	for _, s := range m {
		high = max(high, s.outer+s.size-1)
	}
	return high
}

// owners are the users and groups that instances have.
type owners struct{ users, groups idMap }

// alone reports whether instances have one user only: the one who started the cloud.
func (o owners) alone() bool { return len(o.users) == 1 && o.users[0].size == 1 }

// instanceOwners are those of every instance that this process starts. An instance's root must not be the host's root. So
// for the kernel it is a user without special rights, who can read what all users can and change nothing. Only if the
// kernel gives this process a single id, because an unprivileged user started the cloud, it is that id.
var instanceOwners = sync.OnceValues(func() (owners, error) {
	if os.Geteuid() != 0 { // outside of any world: there is nobody to give files to
		return owners{users: idMap{{outer: os.Geteuid(), size: 1}}, groups: idMap{{outer: os.Getegid(), size: 1}}}, nil
	}
	users, err := ownIDs("/proc/self/uid_map")
	if err != nil {
		return owners{}, err
	}
	groups, err := ownIDs("/proc/self/gid_map")
	if err != nil {
		return owners{}, err
	}
	return owners{users: chooseIDs(users), groups: chooseIDs(groups)}, nil
})

// ownIDs reads which ids this process's user namespace has, with size their number.
func ownIDs(path string) ([]span, error) {
	table, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var own []span
	for line := range strings.Lines(string(table)) {
		var first, parent, size int
		if _, err := fmt.Sscan(line, &first, &parent, &size); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		own = append(own, span{outer: first, size: size})
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("%s is empty: this process has no ids", path)
	}
	return own, nil
}

// chooseIDs picks instances' ids out of the region's own. Inside a container that has 65,536 ids or so they are the upper
// half of the longest run, with nobody's put at its end.
func chooseIDs(own []span) idMap {
	for _, s := range own {
		if s.outer <= firstID && firstID+idCount <= s.outer+s.size {
			return idMap{{outer: firstID, size: idCount}}
		}
	}
	longest := slices.MaxFunc(own, func(a, b span) int { return cmp.Compare(a.size, b.size) })
	if longest.size == 1 {
		return idMap{{outer: longest.outer, size: 1}}
	}
	half := longest.size / 2
	middle := longest.outer + longest.size - half
	if half >= idCount {
		return idMap{{outer: middle, size: idCount}}
	}
	if half == 1 {
		return idMap{{outer: middle, size: 1}}
	}
	return idMap{{outer: middle, size: half - 1}, {inner: nobody, outer: middle + half - 1, size: 1}}
}

// giveToRoot makes a path of the region's the property of instances' root.
func (o owners) giveToRoot(path string) error {
	user, _ := o.users.outside(0)
	group, _ := o.groups.outside(0)
	return os.Lchown(path, user, group)
}

// give sets the owner of a path to the id inside an instance that equals the id of the owner of like on the host, and the
// mode to that of like. If instances do not have the id, the owner is nobody or, if there is only one user, that user.
func (o owners) give(path string, like os.FileInfo) error {
	if o.alone() {
		return os.Chmod(path, like.Mode())
	}
	owner := like.Sys().(*syscall.Stat_t)
	user, ok := o.users.outside(int(owner.Uid))
	if !ok {
		user, _ = o.users.outside(nobody)
	}
	group, ok := o.groups.outside(int(owner.Gid))
	if !ok {
		group, _ = o.groups.outside(nobody)
	}
	if err := os.Lchown(path, user, group); err != nil {
		return err
	}
	return os.Chmod(path, like.Mode())
}
