// arguments - what a request asks for, and whether it may be done (hw/README.md, section 2)
//
// Collects the fields as request_buffer shows them. begin_request takes the opcode; 6 cycles later
// everything here is settled and stays until the next request: which opcode it is (no is_*: an
// unknown one), its arguments, and status. range_end is address + length of WRITE, READ and CHECK;
// for STEP address is 0 and range_end the bytes of an input. What the inputs of a STEP hold is not
// looked at.

`default_nettype none
`include "protocol.vh"

module arguments #(
    parameter WEIGHT_WORDS = 16384,    // of 64 bits
    parameter SCALES = 2048,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,  // of 64 bits
    parameter STATES = 256,
    parameter REPLY_BYTES = 512,
    parameter REQUEST_W = 10           // width of an index into a request
) (
    input  wire                 clk,
    input  wire                 begin_request,
    input  wire [7:0]           request_opcode,
    input  wire [REQUEST_W-1:0] request_bytes,
    input  wire                 field_write,
    input  wire [3:0]           field_index,
    input  wire [7:0]           field_data,
    output wire                 is_write,
    output wire                 is_read,
    output wire                 is_check,
    output wire                 is_step,
    output wire                 is_state,
    output wire                 is_counters,
    output wire [7:0]           argument,   // byte 2: memory, count, operation or clear
    output wire [2:0]           memory,
    output wire [19:0]          address,    // bit 0: phase of STATE
    output wire [19:0]          range_end,
    output wire                 one_hot,    // flags of STEP
    output wire                 last_only,
    output wire [1:0]           status
);

    localparam WEIGHT_BYTES = 8 * WEIGHT_WORDS;
    localparam ACTIVATION_BYTES = 8 * ACTIVATION_WORDS;
    localparam [15:0] REPLY_DATA = REPLY_BYTES - 3;  // room beside opcode, sequence, status
    localparam [REQUEST_W-1:0] DATA = 6;             // where the data of WRITE begin

    reg [8:2]  field_q;         // the byte of the request that came a cycle before, one bit each,
    reg [7:0]  data_q;          // and what it is
    reg        step_field_q;    // the field is one of a STEP
    reg        check_field_q;
    reg        is_bare_q;       // HELLO or ABORT
    reg        is_write_q;
    reg        is_read_q;
    reg        is_check_q;
    reg        is_step_q;
    reg        is_state_q;
    reg        is_counters_q;
    reg [7:0]  argument_q;
    reg [1:0]  flags_q;
    reg [23:0] address_q;
    reg [23:0] length_q;
    reg [19:0] range_q;         // bytes
    reg        huge_q;          // address or length is beyond 20 bits
    reg [20:0] end_q;
    reg [REQUEST_W-1:0] data_bytes_q;
    reg [2:0]  memory_q;
    reg [20:0] memory_bytes_q;
    reg        beyond_q;        // the range ends beyond the memory
    reg        wrong_length_q;  // of the request
    reg        too_long_q;      // the reply would be
    reg        no_steps_q;
    reg        bad_hot_q;       // a one-hot input that is no index
    reg [1:0]  status_q;

    assign is_write = is_write_q;
    assign is_read = is_read_q;
    assign is_check = is_check_q;
    assign is_step = is_step_q;
    assign is_state = is_state_q;
    assign is_counters = is_counters_q;
    assign argument = argument_q;
    assign memory = memory_q;
    assign address = address_q[19:0];
    assign range_end = end_q[19:0];
    assign one_hot = |(flags_q & `STEP_ONE_HOT);
    assign last_only = |(flags_q & `STEP_LAST_ONLY);
    assign status = status_q;

    always @(posedge clk) begin
        step_field_q <= request_opcode == `OP_STEP;
        check_field_q <= request_opcode == `OP_CHECK;
        field_q <= {field_index == 4'd8, field_index == 4'd7, field_index == 4'd6, field_index == 4'd5,
                    field_index == 4'd4, field_index == 4'd3, field_index == 4'd2} & {7{field_write}};
        data_q <= field_data;
        if (field_q[2]) begin
            argument_q <= data_q;
            address_q <= 0;
            length_q <= 0;
        end
        if (field_q[3]) flags_q <= data_q[1:0];
        if (field_q[3] && !step_field_q) address_q[7:0] <= data_q;
        if (field_q[4] && !step_field_q) address_q[15:8] <= data_q;
        if (field_q[5] && !step_field_q) address_q[23:16] <= data_q;
        if (step_field_q ? field_q[4] : field_q[6]) length_q[7:0] <= data_q;
        if (step_field_q ? field_q[5] : field_q[7]) length_q[15:8] <= data_q;
        if (check_field_q && field_q[8]) length_q[23:16] <= data_q;
    end

    // A pipeline without enables: every register follows from what is to its left.
    wire is_range = is_write_q || is_read_q || is_check_q;
    wire no_memory, too_long, bad_state, bad_phase, enough;
    reg  unknown_q;       // no opcode that there is
    reg  bad_argument_q;  // but for the range

    above #(.W(8), .LIMIT(`MEM_STATE)) u_no_memory (.value(argument_q), .is_above(no_memory));
    above #(.W(8), .LIMIT(`STATE_RESET)) u_bad_state (.value(argument_q), .is_above(bad_state));
    above #(.W(8), .LIMIT(1)) u_bad_phase (.value(address_q[7:0]), .is_above(bad_phase));
    above #(.W(16), .LIMIT(REPLY_DATA)) u_too_long (.value(length_q[15:0]), .is_above(too_long));
    above #(.W(REQUEST_W), .LIMIT(DATA - 1)) u_short (.value(request_bytes), .is_above(enough));

    always @(posedge clk) begin
        if (begin_request) begin
            is_bare_q <= request_opcode == `OP_HELLO || request_opcode == `OP_ABORT;
            is_write_q <= request_opcode == `OP_WRITE;
            is_read_q <= request_opcode == `OP_READ;
            is_check_q <= request_opcode == `OP_CHECK;
            is_step_q <= request_opcode == `OP_STEP;
            is_state_q <= request_opcode == `OP_STATE;
            is_counters_q <= request_opcode == `OP_COUNTERS;
        end

        memory_q <= is_step_q ? `MEM_ACTIVATIONS : argument_q[2:0];
        case (memory_q)
            `MEM_WEIGHTS: memory_bytes_q <= WEIGHT_BYTES[20:0];
            `MEM_SCALES: memory_bytes_q <= 2 * SCALES;
            `MEM_BIASES: memory_bytes_q <= 2 * BIASES;
            `MEM_PROGRAMS: memory_bytes_q <= PROGRAM_BYTES;
            `MEM_ACTIVATIONS: memory_bytes_q <= ACTIVATION_BYTES[20:0];
            `MEM_STATE: memory_bytes_q <= 2 * STATES;
            default: memory_bytes_q <= 0;
        endcase
        data_bytes_q <= request_bytes - DATA;
        range_q <= is_write_q ? {{20 - REQUEST_W{1'b0}}, data_bytes_q} : length_q[19:0];
        huge_q <= address_q[23:20] != 4'd0 || (length_q[23:20] != 4'd0 && !is_write_q);
        end_q <= {1'b0, address_q[19:0]} + {1'b0, range_q};
        beyond_q <= end_q > memory_bytes_q || huge_q;

        if (is_write_q || is_step_q) wrong_length_q <= !enough;
        else if (is_read_q) wrong_length_q <= request_bytes != 8;
        else if (is_check_q) wrong_length_q <= request_bytes != 9;
        else if (is_state_q) wrong_length_q <= request_bytes != 4;
        else if (is_counters_q) wrong_length_q <= request_bytes != 3;
        else wrong_length_q <= request_bytes != 2;
        too_long_q <= is_read_q && too_long;
        no_steps_q <= argument_q == 0 || length_q[15:0] == 0;
        bad_hot_q <= one_hot && length_q[15:0] != 2;
        unknown_q <= !(is_bare_q || is_range || is_step_q || is_state_q || is_counters_q);
        bad_argument_q <= wrong_length_q || (is_range && no_memory) || (is_step_q && (no_steps_q || bad_hot_q))
                          || (is_state_q && (bad_state || bad_phase));

        if (unknown_q) status_q <= `ST_BAD_OPCODE;
        else if (bad_argument_q || ((is_range || is_step_q) && beyond_q)) status_q <= `ST_BAD_ARGUMENT;
        else if (too_long_q) status_q <= `ST_TOO_LONG;
        else status_q <= `ST_DONE;
    end

endmodule

`default_nettype wire
