// Constants of the wire protocol and of the memory image (hw/README.md). The one source:
// scripts/constants.awk turns every line "`define NAME value" into "#define STERNA_NAME value" of build/gen/protocol.h.
// Values are written as plain decimal so that both languages read them.
`define PROTOCOL_VERSION 3

// Opcodes. A reply carries OP_REPLY (0x80) on top.
`define OP_HELLO 1
`define OP_WRITE 2
`define OP_READ 3
`define OP_CHECK 4
`define OP_STEP 5
`define OP_STATE 6
`define OP_COUNTERS 7
`define OP_ABORT 8
`define OP_REPLY 128

// Status of a reply.
`define ST_DONE 0
`define ST_BAD_OPCODE 1
`define ST_BAD_ARGUMENT 2
`define ST_TOO_LONG 3

// Memories.
`define MEM_WEIGHTS 0
`define MEM_SCALES 1
`define MEM_BIASES 2
`define MEM_PROGRAMS 3
`define MEM_ACTIVATIONS 4
`define MEM_STATE 5

// STEP flags.
`define STEP_ONE_HOT 1
`define STEP_LAST_ONLY 2

// STATE operations.
`define STATE_GET 0
`define STATE_SET 1
`define STATE_RESET 2

// Layer kinds and header flags.
`define KIND_OUTPUT 0
`define KIND_GRU 1
`define KIND_LSTM 2
`define KIND_RNN_TANH 3
`define KIND_RNN_RELU 4
`define KIND_RNN_SIGN 5
`define KINDS 6
`define LAYER_LAST 1
`define LAYER_FRESH 2
`define LAYER_CONTINUES 4

// Frames.
`define FLAG_BYTE 126
`define ESCAPE_BYTE 125
`define ESCAPE_XOR 32
`define ONE_HOT_VALUE 64
`define HELLO_BYTES 56

// Bytes of requests and replies: opcode and sequence number, in a reply a status too; what a STEP has before its inputs; an
// input's index; a sum among the results. STEPS_MAX steps fit a STEP's count.
`define REQUEST_HEAD 2
`define REPLY_HEAD 3
`define STEP_HEAD 4
`define INDEX_BYTES 2
`define SUM_BYTES 3
`define STEPS_MAX 255
