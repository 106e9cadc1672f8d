// within_memory - no byte is read or written beyond the end of the memory that the request names, whatever the request
//
// arguments and executor as command.v joins them. As request_buffer does (proved of once_only), fields come only while the executor
// listens or hears and has nothing to take, and what is known of a request holds until the next. A write that waits does so under the
// steps of a STEP.

`default_nettype none
`include "protocol.vh"

module within_memory (
    input wire       clk,
    input wire       rst,
    input wire       request_valid,
    input wire       abort_valid,
    input wire       repeated,
    input wire [7:0] request_opcode,
    input wire [9:0] request_bytes,
    input wire [7:0] request_data,
    input wire       field_write,
    input wire [3:0] field_index,
    input wire [7:0] field_data,
    input wire       sent,
    input wire       mem_rvalid,
    input wire       mem_wait,
    input wire       busy,
    input wire       input_free,
    input wire       quiet,
    input wire       result_valid
);

    wire        listen, hear, request_taken, abort_taken;
    wire        is_write, is_read, is_check, is_step, is_state, is_counters, one_hot, last_only;
    wire [7:0]  argument;
    wire [2:0]  memory;
    wire [19:0] address, range_end, mem_address;
    wire [1:0]  status;
    wire        mem_write, mem_read;

    arguments u_arguments (
        .clk(clk),
        .begin_request(request_taken),
        .request_opcode(request_opcode),
        .request_bytes(request_bytes),
        .field_write(field_write),
        .field_index(field_index),
        .field_data(field_data),
        .is_write(is_write),
        .is_read(is_read),
        .is_check(is_check),
        .is_step(is_step),
        .is_state(is_state),
        .is_counters(is_counters),
        .argument(argument),
        .memory(memory),
        .address(address),
        .range_end(range_end),
        .one_hot(one_hot),
        .last_only(last_only),
        .status(status)
    );

    executor u_executor (
        .clk(clk),
        .rst(rst),
        .listen(listen),
        .hear(hear),
        .request_valid(request_valid),
        .request_taken(request_taken),
        .abort_valid(abort_valid),
        .abort_taken(abort_taken),
        .request_bytes(request_bytes),
        .request_index(),
        .request_data(request_data),
        .is_write(is_write),
        .is_read(is_read),
        .is_check(is_check),
        .is_step(is_step),
        .is_state(is_state),
        .is_counters(is_counters),
        .argument(argument),
        .address(address),
        .range_end(range_end),
        .one_hot(one_hot),
        .last_only(last_only),
        .status(status),
        .repeated(repeated),
        .begin_reply(),
        .append(),
        .append_data(),
        .fail(),
        .fail_status(),
        .send(),
        .sent(sent),
        .count_cycle(),
        .count_clear(),
        .count_read(),
        .count_position(),
        .count_data(8'd0),
        .core_rst(),
        .mem_address(mem_address),
        .mem_write(mem_write),
        .mem_wdata(),
        .mem_read(mem_read),
        .mem_rdata(8'd0),
        .mem_rvalid(mem_rvalid),
        .step_start(),
        .step_emit(),
        .mem_wait(mem_wait),
        .busy(busy),
        .input_free(input_free),
        .quiet(quiet),
        .clear(),
        .phase_write(),
        .phase(1'b0),
        .result_data(8'd0),
        .result_valid(result_valid)
    );

    wire [4:0]  see_state;  // = u_executor.state_q
    wire        see_stepping;  // = u_executor.stepping_q
    wire        see_drained;  // = u_executor.drained
    wire        see_turned;  // = u_executor.turned_q
    wire [19:0] see_address;  // = u_executor.address_q
    wire [19:0] see_next;  // = u_executor.next_q
    wire        see_at_end;  // = u_executor.at_end_q
    wire [7:0]  see_turn;  // = u_executor.turn_q
    wire [8:2]  see_field;  // = u_arguments.field_q
    wire [23:0] see_from;  // = u_arguments.address_q
    wire [23:0] see_length;  // = u_arguments.length_q
    wire [19:0] see_range;  // = u_arguments.range_q
    wire        see_huge;  // = u_arguments.huge_q
    wire [20:0] see_end;  // = u_arguments.end_q
    wire [9:0]  see_data;  // = u_arguments.data_bytes_q
    wire [20:0] see_size;  // = u_arguments.memory_bytes_q
    wire        see_beyond;  // = u_arguments.beyond_q
    wire        see_no_steps;  // = u_arguments.no_steps_q
    wire        see_bad;  // = u_arguments.bad_argument_q

    localparam [4:0] LISTEN = 5'd0, JUDGE = 5'd1, ACT = 5'd2, COPY = 5'd3, STORE = 5'd4, FETCH = 5'd5,
        ARRIVE = 5'd6, TURN = 5'd8, HOT_CLEAR = 5'd9, HOT_SET = 5'd12, RUN = 5'd14, COUNT = 5'd17, TAKE = 5'd21, HALT = 5'd22;

    // Bytes of the shipped memories.
    reg [20:0] size;
    always @*
        case (memory)
            3'd`MEM_WEIGHTS: size = 21'd131072;
            3'd`MEM_SCALES: size = 21'd4096;
            3'd`MEM_BIASES: size = 21'd2048;
            3'd`MEM_PROGRAMS: size = 21'd512;
            3'd`MEM_ACTIVATIONS: size = 21'd2048;
            3'd`MEM_STATE: size = 21'd512;
            default: size = 21'd0;
        endcase

    reg        started_q = 1'b0;
    reg        fresh_q;  // the reset was in the cycle before
    reg [9:0]  bytes_q;
    wire [5:0] kind = {is_write, is_read, is_check, is_step, is_state, is_counters};
    wire       is_range = is_write || is_read || is_check;
    wire       over = see_stepping && ((see_state == RUN && see_drained) || (see_state == TURN && see_turned));
    wire       working = see_state >= JUDGE && see_state <= COUNT && !over;  // and needs its arguments
    wire       moving = see_state >= COPY && see_state <= ARRIVE;
    wire       stepping = (see_state == COPY || see_state == STORE || (see_state >= TURN && see_state <= RUN)) &&
                          is_step && !over;

    always @(posedge clk) begin
        started_q <= 1'b1;
        fresh_q <= rst;
        bytes_q <= request_bytes;
    end

    always @* begin
        assume (rst == !started_q);
        if (field_write) assume ((listen || hear) && !request_valid && !abort_valid);
        if (started_q && !listen && !hear) assume (request_bytes == bytes_q);
        if (mem_wait) assume (is_step && (see_stepping || see_state == HALT));
        if (see_state == TAKE) assume (request_valid);
        if (see_state == HALT) assume (abort_valid);
        if (started_q && !fresh_q && (mem_read || mem_write)) assert ({1'b0, mem_address} < size);
        // What the induction needs: the pipeline of arguments, stage by stage after the taking,
        if (started_q) begin
            assert (see_state <= HALT);
            if (see_state >= TURN && see_state <= RUN) assert (is_step);
            if (see_state >= HOT_CLEAR && see_state <= HOT_SET) assert (see_address[19:16] == 4'd0);
            if (see_state == FETCH || see_state == ARRIVE) assert (is_read || is_check);
            if (see_state == COPY || see_state == STORE) assert (is_step || is_write);
            if (see_stepping && working) assert (stepping);
            if (see_state == TAKE) assert (!see_stepping);
            if (working) assert ((kind & (kind - 6'd1)) == 6'd0);
            if (!listen && !hear && see_state != HALT) assert (see_field == 7'd0);
            if (over) assert (is_step && memory == 3'd`MEM_ACTIVATIONS);
            if (hear) assert (over || listen || see_state > COUNT);
            if (see_state == TAKE || see_state == 5'd18) assert (!hear);
            if (working && !(see_state == JUDGE && see_turn < 8'd1)) begin
                assert (memory == (is_step ? 3'd`MEM_ACTIVATIONS : argument[2:0]));
                assert (see_data == request_bytes - 10'd6);
                assert (see_range == (is_write ? {10'd0, see_data} : see_length[19:0]));
                assert (see_huge == (see_from[23:20] != 4'd0 || (see_length[23:20] != 4'd0 && !is_write)));
            end
            if (working && !(see_state == JUDGE && see_turn < 8'd1))
                assert (see_no_steps == (argument == 8'd0 || see_length[15:0] == 16'd0));
            if (working && !(see_state == JUDGE && see_turn < 8'd2)) begin
                assert (see_bad || !((is_range && argument > 8'd`MEM_STATE) || (is_step && see_no_steps)));
                assert (see_size == size);
                assert (see_end == {1'b0, see_from[19:0]} + {1'b0, see_range});
            end
            if (working && !(see_state == JUDGE && see_turn < 8'd3))
                assert (see_beyond == (see_end > see_size || see_huge));
            if (working && !(see_state == JUDGE && see_turn < 8'd4) && status == `ST_DONE)
                assert (!((is_range || is_step) && see_beyond) && !(is_range && argument > 8'd`MEM_STATE) &&
                        !(is_step && see_length[15:0] == 16'd0));
        end
        // and where executor is in the range.
        if (started_q && (moving || stepping)) begin
            assert (!see_beyond && (is_range || is_step) && (!moving || see_address <= range_end));
            assert (!is_step || range_end != 20'd0);
            assert (is_step || (moving && argument <= 8'd`MEM_STATE));
            if (moving && see_state != COPY && see_state != FETCH) assert (see_address != range_end);
            if (moving && (see_state == STORE || see_state == ARRIVE)) assert (see_next == see_address + 20'd1);
            if (moving) assert (see_at_end == (see_address == range_end));
        end
    end

endmodule

`default_nettype wire
