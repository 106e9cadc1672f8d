// executor - does what a request asks, on the ports of the network core (hw/README.md, section 2)
//
// Takes requests of request_buffer, makes their replies in reply_buffer. Every argument is checked
// before anything changes: a STEP walks its inputs twice, first without touching the core. Results
// beyond the reply buffer are known only when they come: such a STEP is executed and answered with
// ST_TOO_LONG. A request with the sequence number of the last one is not executed, the last reply is
// sent again. An ABORT stops a STEP, by resetting the core, and a CHECK; it waits for anything else.
//
// WRITE and dense inputs move a byte in 2 cycles; READ and CHECK take 2 cycles a byte more than the
// memory; a one-hot input takes 5. count_cycle is high while a time step is under way, its input
// included.

`default_nettype none
`include "protocol.vh"

module executor #(
    parameter WEIGHT_WORDS = 16384,    // of 64 bits
    parameter SCALES = 1536,
    parameter BIASES = 1024,
    parameter PROGRAM_BYTES = 512,
    parameter ACTIVATION_WORDS = 256,  // of 64 bits
    parameter STATES = 256,
    parameter REPLY_BYTES = 512,
    parameter REQUEST_W = 10           // width of an index into a request
) (
    input  wire                 clk,
    input  wire                 rst,
    // request_buffer
    output wire                 listen,
    input  wire                 request_valid,
    output wire                 request_taken,
    input  wire                 abort_valid,
    output wire                 abort_taken,
    input  wire [7:0]           request_opcode,
    input  wire [7:0]           request_sequence,
    input  wire [REQUEST_W-1:0] request_bytes,
    input  wire                 field_write,
    input  wire [3:0]           field_index,
    input  wire [7:0]           field_data,
    output wire [REQUEST_W-1:0] request_index,
    input  wire [7:0]           request_data,
    // reply_buffer
    input  wire [7:0]           reply_opcode,         // of the request under way, or the last one
    input  wire [7:0]           reply_sequence,
    output wire                 begin_reply,
    output wire                 append,
    output reg  [7:0]           append_data,
    output wire                 fail,
    output wire [1:0]           fail_status,
    output wire                 send,
    input  wire                 sent,
    // counters
    output wire                 count_cycle,
    output wire                 count_clear,
    output wire [4:0]           count_select,
    input  wire [7:0]           count_data,
    // network
    output wire                 core_rst,
    output wire [2:0]           mem_select,
    output wire [19:0]          mem_address,
    output wire                 mem_write,
    output wire [7:0]           mem_wdata,
    output wire                 mem_read,
    input  wire [7:0]           mem_rdata,
    input  wire                 mem_rvalid,
    output wire                 step_start,
    output wire                 step_emit,
    input  wire                 busy,
    input  wire                 step_done,
    output wire                 clear,
    output wire                 phase_write,
    output wire                 phase_wdata,
    input  wire                 phase,
    input  wire [7:0]           result_data,
    input  wire                 result_valid
);

    localparam ACTIVATION_BYTES = 8 * ACTIVATION_WORDS;
    localparam HOT_W = $clog2(ACTIVATION_BYTES);
    localparam [15:0] REPLY_DATA = REPLY_BYTES - 3;  // room beside opcode, sequence, status
    localparam [REQUEST_W-1:0] DATA = 6;             // where the data of WRITE and STEP begin
    localparam [7:0] LAST_CRC_BYTE = 3;
    localparam [7:0] LAST_COUNT_BYTE = 23;

    localparam [4:0] LISTEN = 0;     // waits for a request
    localparam [4:0] SUM = 1;        // end_q <= end of the range of memory
    localparam [4:0] JUDGE = 2;      // goes on or refuses
    localparam [4:0] COPY = 3;       // fetches a byte of the request,
    localparam [4:0] STORE = 4;      // stores it in memory
    localparam [4:0] FETCH = 5;      // reads a byte of memory,
    localparam [4:0] ARRIVE = 6;     // waits for it
    localparam [4:0] DIGEST = 7;     // appends the CRC
    localparam [4:0] TURN = 8;       // is a time step left?
    localparam [4:0] HOT_CLEAR = 9;  // clears the previous one-hot input,
    localparam [4:0] HOT_LOW = 10;   // gets the low byte of the new index,
    localparam [4:0] HOT_HIGH = 11;  // its high byte,
    localparam [4:0] HOT_SET = 12;   // and sets that activation
    localparam [4:0] START = 13;     // starts a time step
    localparam [4:0] RUN = 14;       // waits for its end
    localparam [4:0] STATE = 15;     // sets the phase or clears the state
    localparam [4:0] PHASE = 16;     // appends the phase
    localparam [4:0] COUNT = 17;     // appends the counters
    localparam [4:0] REFUSE = 18;    // an input is not as it should be
    localparam [4:0] ANSWER = 19;    // starts the reply
    localparam [4:0] SEND = 20;      // waits until it is out

    reg [4:0]           state_q;
    reg                 answered_q;  // opcode and sequence are of a request
    reg [7:0]           argument_q;  // byte 2: memory, count, operation or clear
    reg [1:0]           flags_q;     // of STEP
    reg [23:0]          address_q;   // in memory; phase of STATE
    reg [24:0]          end_q;       // length, then end of the range; bytes per input of STEP
    reg [REQUEST_W-1:0] pointer_q;   // byte of the request
    reg [7:0]           turn_q;      // time steps, or bytes of a reply, so far
    reg                 stepping_q;  // the second walk over a STEP's inputs, the real one
    reg [HOT_W-1:0]     hot_q;       // the activation that the last one-hot input set
    reg [31:0]          crc_q;
    reg                 too_long_q;  // READ: the reply would not fit
    reg                 core_rst_q;

    wire is_read = reply_opcode == `OP_READ;
    wire is_check = reply_opcode == `OP_CHECK;
    wire is_write = reply_opcode == `OP_WRITE;
    wire is_step = reply_opcode == `OP_STEP;
    wire one_hot = |(flags_q & `STEP_ONE_HOT);
    wire last_only = |(flags_q & `STEP_LAST_ONLY);
    wire at_end = address_q[19:0] == end_q[19:0];
    wire drained = pointer_q == request_bytes;

    // Taking requests. request_opcode and request_sequence are an ABORT's while abort_valid.
    wire can_stop = state_q == LISTEN || state_q == TURN || state_q == RUN || (state_q == FETCH && is_check);
    wire stop = abort_valid && can_stop;
    wire take = state_q == LISTEN && request_valid && !abort_valid;
    wire repeated = answered_q && request_sequence == reply_sequence && request_opcode != `OP_HELLO;

    assign listen = state_q == LISTEN;
    assign request_taken = take;
    assign abort_taken = stop;
    assign begin_reply = stop || (take && !repeated);
    assign request_index = pointer_q;

    // Judging arguments: the status before anything is done.
    wire [2:0]  memory = is_step ? `MEM_ACTIVATIONS : argument_q[2:0];
    reg  [24:0] memory_bytes;
    wire        out_of_range = end_q > memory_bytes || (!is_step && argument_q > `MEM_STATE);
    reg         misfit;
    reg         known;
    wire [1:0]  verdict = !known ? `ST_BAD_OPCODE : misfit ? `ST_BAD_ARGUMENT : too_long_q ? `ST_TOO_LONG : `ST_DONE;

    always @* begin
        case (memory)
            `MEM_WEIGHTS: memory_bytes = 8 * WEIGHT_WORDS;
            `MEM_SCALES: memory_bytes = 2 * SCALES;
            `MEM_BIASES: memory_bytes = 2 * BIASES;
            `MEM_PROGRAMS: memory_bytes = PROGRAM_BYTES;
            `MEM_ACTIVATIONS: memory_bytes = ACTIVATION_BYTES;
            `MEM_STATE: memory_bytes = 2 * STATES;
            default: memory_bytes = 0;
        endcase
        known = 1'b1;
        misfit = 1'b0;
        case (reply_opcode)
            `OP_HELLO, `OP_ABORT: misfit = request_bytes != 2;
            `OP_WRITE: misfit = request_bytes < 6 || out_of_range;
            `OP_READ: misfit = request_bytes != 8 || out_of_range;
            `OP_CHECK: misfit = request_bytes != 9 || out_of_range;
            `OP_STEP:
                misfit = request_bytes < 6 || argument_q == 0 || end_q == 0 || out_of_range || (one_hot && end_q != 2);
            `OP_STATE: misfit = request_bytes != 4 || argument_q > `STATE_RESET || address_q[7:0] > 1;
            `OP_COUNTERS: misfit = request_bytes != 3;
            default: known = 1'b0;
        endcase
    end

    assign fail = (state_q == JUDGE && verdict != `ST_DONE) || state_q == REFUSE;
    assign fail_status = state_q == REFUSE ? `ST_BAD_ARGUMENT : verdict;

    // The core.
    wire hot_too_far = address_q[19:0] >= ACTIVATION_BYTES;
    wire store = state_q == STORE || (state_q == HOT_SET && !hot_too_far) || state_q == HOT_CLEAR;

    assign core_rst = core_rst_q;
    assign mem_select = memory;
    assign mem_address = state_q == HOT_CLEAR ? {{20 - HOT_W{1'b0}}, hot_q} : address_q[19:0];
    assign mem_write = store && (is_write || stepping_q);
    assign mem_wdata = state_q == HOT_CLEAR ? 8'd0 : state_q == HOT_SET ? `ONE_HOT_VALUE : request_data;
    assign mem_read = state_q == FETCH && !at_end && !stop;
    assign step_start = state_q == START;
    assign step_emit = !last_only || drained;
    assign clear = state_q == STATE && argument_q == `STATE_RESET;
    assign phase_write = state_q == STATE && argument_q == `STATE_SET;
    assign phase_wdata = address_q[0];

    // The reply's data.
    wire result = is_step && result_valid && (state_q == RUN || state_q == TURN || state_q == ANSWER);
    wire read_byte = is_read && mem_rvalid && state_q == ARRIVE;
    wire ready_phase = state_q == PHASE && !busy;
    wire [31:0] crc_d;

    assign append = result || read_byte || state_q == DIGEST || ready_phase || state_q == COUNT;
    assign send = (state_q == ANSWER && !result_valid) || (take && repeated);
    assign count_cycle = stepping_q;
    assign count_clear = state_q == COUNT && turn_q == LAST_COUNT_BYTE && argument_q != 0;
    assign count_select = turn_q[4:0];

    always @*
        case (state_q)
            ARRIVE: append_data = mem_rdata;
            DIGEST: append_data = ~crc_q[7:0];
            PHASE: append_data = {7'd0, phase};
            COUNT: append_data = count_data;
            default: append_data = result_data;
        endcase

    crc32_byte u_crc32_byte (
        .crc(crc_q),
        .data(mem_rdata),
        .next(crc_d)
    );

    // Arguments as they arrive; end_q gets the length of READ and CHECK, and STEP's bytes per input.
    wire                 step_field = request_opcode == `OP_STEP;
    wire                 check_field = request_opcode == `OP_CHECK;
    wire [REQUEST_W-1:0] data_bytes = request_bytes - DATA;
    wire [23:0]          length = is_write ? {{24 - REQUEST_W{1'b0}}, data_bytes} : end_q[23:0];

    always @(posedge clk) begin
        if (field_write)
            case (field_index)
                4'd2: begin
                    argument_q <= field_data;
                    end_q <= 0;
                end
                4'd3: begin
                    flags_q <= field_data[1:0];
                    address_q[7:0] <= field_data;
                end
                4'd4: begin
                    address_q[15:8] <= field_data;
                    if (step_field) end_q[7:0] <= field_data;
                end
                4'd5: begin
                    address_q[23:16] <= field_data;
                    if (step_field) end_q[15:8] <= field_data;
                end
                4'd6: if (!step_field) end_q[7:0] <= field_data;
                4'd7: if (!step_field) end_q[15:8] <= field_data;
                4'd8: if (check_field) end_q[23:16] <= field_data;
                default: ;
            endcase

        core_rst_q <= 1'b0;
        case (state_q)
            LISTEN: begin
                pointer_q <= DATA;
                turn_q <= 0;
                stepping_q <= 1'b0;
                if (take) begin
                    answered_q <= 1'b1;
                    state_q <= repeated ? SEND : SUM;
                end
            end
            SUM: begin
                if (!is_step) end_q <= {1'b0, address_q} + {1'b0, length};
                too_long_q <= is_read && end_q[15:0] > REPLY_DATA;
                crc_q <= 32'hFFFFFFFF;
                state_q <= JUDGE;
            end
            JUDGE:
                case (verdict == `ST_DONE ? reply_opcode : 8'd0)
                    `OP_WRITE: state_q <= COPY;
                    `OP_READ, `OP_CHECK: state_q <= FETCH;
                    `OP_STEP: state_q <= TURN;
                    `OP_STATE: state_q <= STATE;
                    `OP_COUNTERS: state_q <= COUNT;
                    default: state_q <= ANSWER;
                endcase

            COPY:
                if (!at_end) state_q <= is_step && drained ? REFUSE : STORE;
                else if (is_write) state_q <= ANSWER;
                else if (stepping_q) state_q <= START;
                else begin
                    turn_q <= turn_q + 1'b1;
                    state_q <= TURN;
                end
            STORE: begin
                address_q[19:0] <= address_q[19:0] + 1'b1;
                pointer_q <= pointer_q + 1'b1;
                state_q <= COPY;
            end
            FETCH:
                if (!at_end) state_q <= ARRIVE;
                else state_q <= is_check ? DIGEST : ANSWER;
            ARRIVE:
                if (mem_rvalid) begin
                    address_q[19:0] <= address_q[19:0] + 1'b1;
                    crc_q <= crc_d;
                    state_q <= FETCH;
                end
            DIGEST: begin
                turn_q <= turn_q + 1'b1;
                crc_q <= {8'd0, crc_q[31:8]};
                if (turn_q == LAST_CRC_BYTE) state_q <= ANSWER;
            end

            TURN: begin
                address_q <= 0;
                if (turn_q != argument_q) begin
                    if (!busy) state_q <= one_hot ? HOT_CLEAR : COPY;
                end else if (stepping_q) begin
                    stepping_q <= 1'b0;
                    state_q <= ANSWER;
                end else begin
                    turn_q <= 0;
                    pointer_q <= DATA;
                    stepping_q <= drained;
                    state_q <= drained ? TURN : REFUSE;
                end
            end
            HOT_CLEAR: begin
                pointer_q <= pointer_q + 1'b1;
                state_q <= drained ? REFUSE : HOT_LOW;
            end
            HOT_LOW: begin
                address_q[7:0] <= request_data;
                pointer_q <= pointer_q + 1'b1;
                state_q <= HOT_HIGH;
            end
            HOT_HIGH: begin
                address_q[15:8] <= request_data;
                state_q <= HOT_SET;
            end
            HOT_SET: begin
                if (stepping_q) hot_q <= address_q[HOT_W-1:0];
                else turn_q <= turn_q + 1'b1;
                state_q <= hot_too_far ? REFUSE : stepping_q ? START : TURN;
            end
            START: state_q <= RUN;
            RUN:
                if (step_done) begin
                    turn_q <= turn_q + 1'b1;
                    state_q <= TURN;
                end

            STATE: begin
                if (clear) hot_q <= 0;
                state_q <= PHASE;
            end
            PHASE: if (!busy) state_q <= ANSWER;
            COUNT: begin
                turn_q <= turn_q + 1'b1;
                if (turn_q == LAST_COUNT_BYTE) state_q <= ANSWER;
            end

            REFUSE: state_q <= ANSWER;
            ANSWER: if (!result_valid) state_q <= SEND;
            SEND: if (sent) state_q <= LISTEN;
            default: state_q <= LISTEN;
        endcase

        if (stop) begin
            core_rst_q <= state_q == RUN;
            stepping_q <= 1'b0;
            answered_q <= 1'b1;
            state_q <= ANSWER;
        end
        if (rst) begin
            core_rst_q <= 1'b1;
            answered_q <= 1'b0;
            hot_q <= 0;
            state_q <= LISTEN;
        end
    end

endmodule

`default_nettype wire
