package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
)

// This file checks a file of bbolt's before bbolt opens it. bbolt trusts the file: a wrong page number
// makes it read outside of the file, which crashes the process, or read in a circle. Tx.Check does so too, in a
// goroutine whose panics cannot be caught. The code here checks every number before it uses it.
//
// The format is that of go.etcd.io/bbolt/internal/common, in the machine's own order of bytes:
//
//	page    id 8, flags 2, count 2, overflow 4; then what the flags say
//	meta    magic 4, version 4, page size 4, flags 4, root page 8, sequence 8, free list's page 8, pages 8, transaction 8, FNV-1a 8
//	branch  count elements: position 4 (from the element), key's size 4, page 8; then the keys
//	leaf    count elements: flags 4, position 4, key's size 4, value's size 4; then keys and values
//	bucket  a leaf's value: root page 8, sequence 8; where the root is 0, a leaf page follows
//	free    count page numbers of 8; where count is 0xFFFF, the first number is the count
const (
	pageHeader = 16
	element    = 16
	metaSize   = 64
	metaMagic  = 0xED0CDAED
	metaFormat = 2

	flagBranch, flagLeaf, flagMeta, flagFree = 1, 2, 4, 16

	bucketEntry = 1
	noFreeList  = ^uint64(0)
	longList    = 0xFFFF
)

// headerBucket holds the header, and is no table.
const headerBucket, headerKey = "store", "header"

// header has a checksum over the tables' rows, by which lost and changed rows are found.
type header struct {
	ID   string `json:"id"`   // of this store, made with it
	Rows int    `json:"rows"` // in all tables
	Sum  uint64 `json:"sum"`  // the sum of every row's hash, and of the ID's
}

// hash is one row's part of a header's sum. Every change of one byte changes it: each step of FNV-1a is one-to-one.
func hash(table string, key, value []byte) uint64 {
	h := fnv.New64a()
	var lengths [16]byte
	binary.LittleEndian.PutUint64(lengths[:], uint64(len(table)))
	binary.LittleEndian.PutUint64(lengths[8:], uint64(len(key)))
	for _, part := range [][]byte{lengths[:], []byte(table), key, value} {
		h.Write(part) // never fails
	}
	return h.Sum64()
}

func newHeader(id string) header { return header{ID: id, Sum: hash("", nil, []byte(id))} }

// found is the content of an undamaged file. Its ID is empty if the file has no header.
type found struct {
	header
	generation uint64 // the number of its last transaction
}

// checkPath checks a file that no process has open.
func checkPath(path string) (found, error) {
	f, err := os.Open(path)
	if err != nil {
		return found{}, err
	}
	defer f.Close()
	return check(f)
}

// check reads a whole file, and returns its content or the first error in it.
func check(f *os.File) (found, error) {
	info, err := f.Stat()
	if err != nil {
		return found{}, err
	}
	if info.Size() == 0 {
		return found{}, errors.New("it is empty")
	}
	c := &checker{file: f, size: info.Size(), used: map[uint64]bool{0: true, 1: true}}
	if err := c.readMeta(); err != nil {
		return found{}, err
	}
	if err := c.all(); err != nil {
		return found{}, err
	}
	if c.header == nil { // of before there were any, or what is left of one
		return found{header{Rows: c.rows, Sum: c.sum}, c.generation}, nil
	}
	if want := newHeader(c.header.ID); c.rows != c.header.Rows || c.sum+want.Sum != c.header.Sum {
		return found{}, fmt.Errorf("its %d rows are not the %d that were written: their checksum differs", c.rows, c.header.Rows)
	}
	return found{*c.header, c.generation}, nil
}

// checker walks a file's pages.
type checker struct {
	file       *os.File
	size       int64 // the file's, in bytes
	pageSize   int64
	root, free uint64
	pages      uint64 // in use or free; every page number is below
	generation uint64
	used       map[uint64]bool

	header *header
	rows   int
	sum    uint64
}

var native = binary.NativeEndian

// readMeta returns the newer of the undamaged meta pages. A commit replaces the older one, as its last step.
func (c *checker) readMeta() error {
	found := false
	for at := int64(0); at <= 64<<10 && !found; at = max(1024, at*2) { // the second is at one page, of whatever size
		if m := c.metaAt(at); m != nil {
			found, c.pageSize = true, int64(native.Uint32(m[8:]))
		}
	}
	if !found {
		return fmt.Errorf("it is no state file, or is cut short at %d bytes: neither of its two first pages is whole", c.size)
	}
	for _, at := range []int64{0, c.pageSize} {
		m := c.metaAt(at)
		if m != nil && !c.isMeta(at) {
			return fmt.Errorf("the page at %d is not what should be there", at)
		}
		if m == nil || native.Uint64(m[48:]) < c.generation {
			continue
		}
		c.root, c.free, c.pages, c.generation = native.Uint64(m[16:]), native.Uint64(m[32:]), native.Uint64(m[40:]), native.Uint64(m[48:])
	}
	if have := uint64(c.size / c.pageSize); have < c.pages {
		return fmt.Errorf("it is cut short: it has %d bytes, and its pages take %d", c.size, c.pages*uint64(c.pageSize))
	}
	return nil
}

// metaAt returns the meta in the page at an offset, nil if it is damaged.
func (c *checker) metaAt(at int64) []byte {
	b := make([]byte, pageHeader+metaSize)
	if _, err := c.file.ReadAt(b, at); err != nil {
		return nil
	}
	m := b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(m[:56])
	size := native.Uint32(m[8:])
	if native.Uint32(m) != metaMagic || native.Uint32(m[4:]) != metaFormat || native.Uint64(m[56:]) != sum.Sum64() || size < 1024 || size&(size-1) != 0 {
		return nil
	}
	return m
}

// isMeta tells whether the page at an offset is marked as a meta page with the right number.
func (c *checker) isMeta(at int64) bool {
	b := make([]byte, pageHeader)
	_, err := c.file.ReadAt(b, at)
	return err == nil && flags(b) == flagMeta && native.Uint64(b) == uint64(at/c.pageSize)
}

// all walks everything: each page is used once or free once.
func (c *checker) all() error {
	if err := c.tree(c.root, "", new(order)); err != nil {
		return err
	}
	if c.free == noFreeList {
		return nil
	}
	list, err := c.page(c.free)
	if err != nil {
		return fmt.Errorf("list of free pages: %w", err)
	}
	if flags(list) != flagFree {
		return fmt.Errorf("page %d is no list of free pages", c.free)
	}
	ids, n := list[pageHeader:], uint64(count(list))
	if n == longList {
		n, ids = native.Uint64(ids), ids[8:]
	}
	if n > uint64(len(ids)/8) {
		return errors.New("its list of free pages is longer than its page")
	}
	for i := range n {
		if err := c.use(native.Uint64(ids[8*i:])); err != nil {
			return fmt.Errorf("list of free pages: %w", err)
		}
	}
	if uint64(len(c.used)) != c.pages {
		return fmt.Errorf("%d of its %d pages are neither used nor free", c.pages-uint64(len(c.used)), c.pages)
	}
	return nil
}

func flags(page []byte) uint16 { return native.Uint16(page[8:]) }
func count(page []byte) uint16 { return native.Uint16(page[10:]) }

func (c *checker) use(id uint64) error {
	if id >= c.pages {
		return fmt.Errorf("page %d is not among its %d pages", id, c.pages)
	}
	if c.used[id] {
		return fmt.Errorf("page %d is used twice", id)
	}
	c.used[id] = true
	return nil
}

// page reads a page with its overflow pages.
func (c *checker) page(id uint64) ([]byte, error) {
	if err := c.use(id); err != nil {
		return nil, err
	}
	b := make([]byte, c.pageSize)
	if _, err := c.file.ReadAt(b, int64(id)*c.pageSize); err != nil {
		return nil, err
	}
	more := uint64(native.Uint32(b[12:]))
	if native.Uint64(b) != id || more >= c.pages {
		return nil, fmt.Errorf("page %d is not what should be there", id)
	}
	for i := range more {
		if err := c.use(id + 1 + i); err != nil {
			return nil, err
		}
	}
	b = append(b, make([]byte, int64(more)*c.pageSize)...)
	_, err := c.file.ReadAt(b[c.pageSize:], int64(id+1)*c.pageSize)
	return b, err
}

// tree walks a bucket's pages from a root. The root bucket has the buckets of the tables.
func (c *checker) tree(id uint64, table string, order *order) error {
	page, err := c.page(id)
	if err != nil {
		return err
	}
	switch flags(page) {
	case flagLeaf:
		return c.leaf(page, table, order)
	case flagBranch:
		for i := range int(count(page)) {
			at := pageHeader + i*element
			if at+element > len(page) {
				return fmt.Errorf("page %d has more entries than room", id)
			}
			key, err := within(page, at, native.Uint32(page[at:]), native.Uint32(page[at+4:]))
			if err == nil {
				err = order.branch(key)
			}
			if err != nil {
				return fmt.Errorf("page %d: %w", id, err)
			}
			if err := c.tree(native.Uint64(page[at+8:]), table, order); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("page %d is of no kind", id)
	}
}

// order is the last key of a walk through a bucket.
type order struct {
	last   []byte
	equal  bool // the next key may be last itself
	passed bool // there was one
}

// branch records the key of a page below, in which no key may be less.
func (o *order) branch(key []byte) error {
	if err := o.next(key); err != nil {
		return err
	}
	o.equal = true
	return nil
}

func (o *order) next(key []byte) error {
	if n := bytes.Compare(o.last, key); o.passed && (n > 0 || n == 0 && !o.equal) {
		return fmt.Errorf("the key %q is out of order", key)
	}
	o.last, o.equal, o.passed = key, false, true
	return nil
}

// within returns the size bytes that begin so far from an element.
func within(page []byte, at int, from, size uint32) ([]byte, error) {
	begin := uint64(at) + uint64(from)
	if begin+uint64(size) > uint64(len(page)) {
		return nil, errors.New("an entry leads out of its page")
	}
	return page[begin : begin+uint64(size)], nil
}

func (c *checker) leaf(page []byte, table string, order *order) error {
	for i := range int(count(page)) {
		at := pageHeader + i*element
		if at+element > len(page) {
			return errors.New("a page has more entries than room")
		}
		from, keySize, size := native.Uint32(page[at+4:]), native.Uint32(page[at+8:]), native.Uint32(page[at+12:])
		key, err := within(page, at, from, keySize)
		if err != nil {
			return err
		}
		value, err := within(page, at+int(keySize), from, size)
		if err != nil {
			return err
		}
		if err := order.next(key); err != nil {
			return err
		}
		if err := c.entry(native.Uint32(page[at:]) == bucketEntry, table, key, value); err != nil {
			return err
		}
	}
	return nil
}

// entry records a table, or a table's row.
func (c *checker) entry(bucket bool, table string, key, value []byte) error {
	if bucket != (table == "") {
		return fmt.Errorf("%q is not where it should be", key)
	}
	switch {
	case bucket:
		if len(value) < 16 {
			return fmt.Errorf("table %q is cut short", key)
		}
		if root := native.Uint64(value); root != 0 {
			return c.tree(root, string(key), new(order))
		}
		if value = value[16:]; len(value) < pageHeader || flags(value) != flagLeaf {
			return fmt.Errorf("table %q is not one", key)
		}
		return c.leaf(value, string(key), new(order))
	case table == headerBucket:
		c.header = new(header)
		if err := json.Unmarshal(value, c.header); err != nil {
			return fmt.Errorf("its checksum cannot be read: %w", err)
		}
	default:
		c.rows++
		c.sum += hash(table, key, value)
	}
	return nil
}
