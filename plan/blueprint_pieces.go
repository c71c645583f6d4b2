package plan

func (n *neighbours) Undrawn() {} // what somebody else has in the VPC
